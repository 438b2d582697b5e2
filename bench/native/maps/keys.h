// Which keys the threads use: as in the managed program (MapKeys.cs, Zipf.cs, MapMix.cs).
#ifndef KEYS_H
#define KEYS_H

#include "../peer.h"
#include "map.h"

#include <math.h>

enum { MAP_BATCH = 960, MOST_PICKS = 1 << 22, FEWEST_PICKS = 1 << 12, PICKS_PER_KEY = 4, EXACT_TERMS = 10000 };

static const double zipf_exponent = 0.99;

static inline uint64_t key_of(uint64_t number)
{
    return scramble(number + UINT64_C(0x9E3779B97F4A7C15));
}

static inline uint64_t stamp_of(uint64_t key) { return ~key; }

static double zipf_sum(double count)
{
    double sum = 0;
    for (int i = 1; i <= count && i <= EXACT_TERMS; i++)
        sum += pow(i, -zipf_exponent);
    double rest = 1 - zipf_exponent;
    return count <= EXACT_TERMS ? sum : sum + (pow(count + 0.5, rest) - pow(EXACT_TERMS + 0.5, rest)) / rest;
}

static uint64_t zipf_rank(uint64_t random, double count, double sum, double eta)
{
    double uniform = (double)(random >> 11) / (double)(UINT64_C(1) << 53);
    if (uniform * sum < 1)
        return 0;
    if (uniform * sum < 1 + pow(0.5, zipf_exponent))
        return 1;
    uint64_t rank = (uint64_t)(count * pow(eta * uniform - eta + 1, 1 / (1 - zipf_exponent)));
    return rank < (uint64_t)count ? rank : (uint64_t)count - 1;
}

static int count_picks(int64_t keys)
{
    int64_t wanted = keys * PICKS_PER_KEY;
    wanted = wanted < FEWEST_PICKS ? FEWEST_PICKS : wanted > MOST_PICKS ? MOST_PICKS : wanted;
    return (int)(wanted / MAP_BATCH * MAP_BATCH);
}

static uint64_t *pick_keys(int64_t keys, bool by_zipf, int thread)
{
    int count = count_picks(keys);
    uint64_t *picks = allocate(count * sizeof *picks);
    uint64_t state = key_of((uint64_t)thread ^ 0xC0FFEE);
    double sum = by_zipf ? zipf_sum((double)keys) : 0;
    double eta = by_zipf ? (1 - pow(2.0 / (double)keys, 1 - zipf_exponent)) / (1 - zipf_sum(2) / sum) : 0;
    for (int i = 0; i < count; i++) {
        uint64_t random = key_of(state++);
        uint64_t number = by_zipf ? key_of(zipf_rank(random, (double)keys, sum, eta)) : random;
        picks[i] = key_of(number % (uint64_t)keys);
    }
    return picks;
}

// Operations of a mix, by their shares of a hundred.
enum operation { READ, INSERT, REMOVE, UPDATE };

struct mix {
    int read, insert, remove, update;
};

static struct mix mix_argument(void)
{
    struct mix mix = {
        (int)number_argument("read", 0), (int)number_argument("insert", 0), (int)number_argument("remove", 0),
        (int)number_argument("update", 0),
    };
    if (mix.read + mix.insert + mix.remove + mix.update != 100 || mix.insert == 0) {
        fprintf(stderr, "%s: the shares of a mix come to 100, with inserts\n", arguments[0]);
        exit(BAD_ARGUMENTS);
    }
    return mix;
}

static uint8_t *pick_operations(struct mix mix, int64_t count, int thread)
{
    uint8_t *operations = allocate(count);
    for (int64_t i = 0; i < count; i++) {
        int of100 = (int)(key_of(UINT64_C(0xB1E5) * ((uint64_t)thread + 1) + (uint64_t)i) % 100);
        operations[i] = of100 < mix.read ? READ
            : of100 < mix.read + mix.insert ? INSERT
            : of100 < mix.read + mix.insert + mix.remove ? REMOVE : UPDATE;
    }
    return operations;
}

#endif
