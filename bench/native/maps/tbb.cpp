// oneTBB's concurrent_hash_map: an accessor holds the entry's lock.
#include "map.h"

#include <tbb/concurrent_hash_map.h>

namespace {

struct scrambled {
    static size_t hash(uint64_t key) { return scramble(key); }
    static bool equal(uint64_t one, uint64_t other) { return one == other; }
};

using hash_map = tbb::concurrent_hash_map<uint64_t, value, scrambled>;

hash_map *map;

}

void map_create() { map = new hash_map(); }
void map_register() {}
void map_unregister() {}

uint64_t map_get(uint64_t key)
{
    hash_map::const_accessor found;
    return map->find(found, key) ? found->second.words[0] : 0;
}

bool map_add(uint64_t key, const struct value *value) { return map->insert({ key, *value }); }

void map_set(uint64_t key, const struct value *value)
{
    hash_map::accessor found;
    map->insert(found, key);
    found->second = *value;
}

bool map_remove(uint64_t key) { return map->erase(key); }
