// Threads that use a filled map again and again: look-ups, updates, random mixes; millions of operations a second.
#ifndef TURNS_H
#define TURNS_H

#include "keys.h"

static int64_t entries;
static int threads;
static _Atomic uint64_t CACHE_LINE results;

static inline void set_key(uint64_t key)
{
    struct value value = { { stamp_of(key) } };
    map_set(key, &value);
}

static inline bool add_key(uint64_t key)
{
    struct value value = { { stamp_of(key) } };
    return map_add(key, &value);
}

static void fill_map(int64_t count)
{
    for (int64_t number = 0; number < count; number++)
        add_key(key_of((uint64_t)number));
}

static inline uint64_t operate(enum operation operation, uint64_t key)
{
    switch (operation) {
    case READ:
        return map_get(key);
    case INSERT:
        return add_key(key);
    case REMOVE:
        return map_remove(key);
    default:
        set_key(key);
        return 0;
    }
}

// Looks up keys that are there, and returns the bits in which a value differs from its key's.
static uint64_t look_up(const uint64_t *keys, int count)
{
    uint64_t differences = 0;
    for (int i = 0; i < count; i++)
        differences |= map_get(keys[i]) ^ stamp_of(keys[i]);
    return differences;
}

#define DEFINE_TURN(name, prepare, body)                                                    \
    static void name(struct worker *worker)                                                 \
    {                                                                                       \
        prepare;                                                                            \
        map_register();                                                                     \
        pass_gate();                                                                        \
        int64_t began = now(), operations = 0;                                              \
        int first = 0;                                                                      \
        uint64_t result = 0;                                                                \
        while (!stopped()) {                                                                \
            body;                                                                           \
            operations += MAP_BATCH;                                                        \
            first = first + MAP_BATCH == picks ? 0 : first + MAP_BATCH;                     \
        }                                                                                   \
        worker->nanoseconds = now() - began;                                                \
        worker->operations = operations;                                                    \
        atomic_fetch_or(&results, result);                                                  \
        map_unregister();                                                                   \
    }

#define PICKS(count, by_zipf)                                                               \
    int picks = count_picks(count);                                                         \
    uint64_t *keys = pick_keys(count, by_zipf, worker->index)

DEFINE_TURN(look_up_uniform, PICKS(entries, false), result |= look_up(keys + first, MAP_BATCH))

DEFINE_TURN(look_up_zipf, PICKS(entries, true), result |= look_up(keys + first, MAP_BATCH))

DEFINE_TURN(replace_all, PICKS(entries, false), for (int i = 0; i < MAP_BATCH; i++) set_key(keys[first + i]))

// Nine tenths are looked up, the others replaced.
static uint64_t look_up_and_update(const uint64_t *keys)
{
    enum { GROUP = 160, LOOKED_UP = 144 };
    uint64_t differences = 0;
    for (int group = 0; group < MAP_BATCH; group += GROUP) {
        differences |= look_up(keys + group, LOOKED_UP);
        for (int i = LOOKED_UP; i < GROUP; i++)
            set_key(keys[group + i]);
    }
    return differences;
}

DEFINE_TURN(update_tenth, PICKS(entries, false), result |= look_up_and_update(keys + first))

// On so many keys that about `entries` of them are there at a time.
DEFINE_TURN(mixed,
    struct mix mix = mix_argument();
    int64_t all = entries * (mix.insert + mix.update + mix.remove) / (mix.insert + mix.update);
    PICKS(all, false);
    uint8_t *kinds = pick_operations(mix, picks, worker->index),
    for (int i = 0; i < MAP_BATCH; i++)
        result += operate(kinds[first + i], keys[first + i]))

static double millions_per_second(const struct worker *workers)
{
    double sum = 0;
    for (int i = 0; i < threads; i++)
        sum += (double)workers[i].operations * 1e3 / (double)workers[i].nanoseconds;
    return sum;
}

static struct worker *run_threads(void (*run)(struct worker *), double seconds)
{
    struct worker *workers = allocate(threads * sizeof *workers);
    pthread_barrier_init(&gate, NULL, threads + 1);
    for (int i = 0; i < threads; i++)
        start(&workers[i], i, run);
    pass_gate();
    sleep_for(seconds);
    atomic_store(&stop, true);
    join(workers, threads);
    return workers;
}

static void turn(void (*run)(struct worker *), bool is_checked)
{
    fill_map(entries);
    struct worker *workers = run_threads(run, number_argument("seconds", 1));
    if (is_checked && atomic_load(&results) != 0) {
        fprintf(stderr, "%s: a look-up did not find its key's value\n", arguments[0]);
        exit(1);
    }
    printf("{\"value\": %.4f}\n", millions_per_second(workers));
}

#endif
