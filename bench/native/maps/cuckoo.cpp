// libcuckoo's cuckoohash_map: locks by bucket; the value is read under them.
#include "map.h"

#include <libcuckoo/cuckoohash_map.hh>

namespace {

struct scrambled {
    size_t operator()(uint64_t key) const { return scramble(key); }
};

libcuckoo::cuckoohash_map<uint64_t, value, scrambled> *map;

}

void map_create() { map = new libcuckoo::cuckoohash_map<uint64_t, value, scrambled>(64); }
void map_register() {}
void map_unregister() {}

uint64_t map_get(uint64_t key)
{
    uint64_t stamp = 0;
    map->find_fn(key, [&stamp](const value &found) { stamp = found.words[0]; });
    return stamp;
}

bool map_add(uint64_t key, const struct value *value) { return map->insert(key, *value); }
void map_set(uint64_t key, const struct value *value) { map->insert_or_assign(key, *value); }
bool map_remove(uint64_t key) { return map->erase(key); }
