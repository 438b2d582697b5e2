// What each library's file offers to the workloads of maps.c, which call it: a call of a function for each operation.
// Keys are 8 bytes, values 64; the first word of a value tells its key.
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stdint.h>

enum { VALUE_WORDS = 8 };

struct value {
    uint64_t words[VALUE_WORDS];
};

#ifdef __cplusplus
extern "C" {
#endif

// One map for the process, empty, that grows by itself.
void map_create(void);

// Around a thread's use of the map.
void map_register(void);
void map_unregister(void);

// The first word of the key's value; zero if the key is absent.
uint64_t map_get(uint64_t key);

bool map_add(uint64_t key, const struct value *value);

// Replaces the key's value, or adds the key.
void map_set(uint64_t key, const struct value *value);

bool map_remove(uint64_t key);

#ifdef __cplusplus
}
#endif

// The finalizer of splitmix64.
static inline uint64_t scramble(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

#endif
