// Threads that fill an empty map together, as long as that takes: speed, the longest insert, memory.
#ifndef GROWTH_H
#define GROWTH_H

#include "turns.h"

#include <malloc.h>

static void fill_share(struct worker *worker)
{
    int64_t count = (entries - worker->index + threads - 1) / threads;
    uint64_t *keys = allocate(count * sizeof *keys);
    for (int64_t i = 0; i < count; i++)
        keys[i] = key_of((uint64_t)(worker->index + i * threads));
    map_register();
    pass_gate();
    int64_t began = now();
    for (int64_t i = 0; i < count; i++)
        add_key(keys[i]);
    worker->nanoseconds = now() - began;
    worker->operations = count;
    map_unregister();
}

// Inserts of new keys, and other operations on keys that this thread has inserted before.
static void grow_mixed(struct worker *worker)
{
    struct mix mix = mix_argument();
    int64_t count = entries * 100 / mix.insert / threads;
    uint8_t *kinds = pick_operations(mix, count, worker->index);
    uint64_t *keys = allocate(count * sizeof *keys), inserted = 0, result = 0;
    for (int64_t i = 0; i < count; i++) {
        uint64_t number = kinds[i] == INSERT ? inserted++ : key_of((uint64_t)i) % (inserted == 0 ? 1 : inserted);
        keys[i] = key_of(number * (uint64_t)threads + (uint64_t)worker->index);
    }
    map_register();
    pass_gate();
    int64_t began = now();
    for (int64_t i = 0; i < count; i++)
        result += operate(kinds[i], keys[i]);
    worker->nanoseconds = now() - began;
    worker->operations = count;
    atomic_fetch_or(&results, result);
    map_unregister();
}

static void growth(void (*run)(struct worker *))
{
    printf("{\"value\": %.4f}\n", millions_per_second(run_threads(run, 0)));
}

// Each insert is timed.
static void fill_longest(void)
{
    uint64_t *keys = allocate(entries * sizeof *keys);
    int64_t *times = allocate(entries * sizeof *times);
    for (int64_t i = 0; i < entries; i++)
        keys[i] = key_of((uint64_t)i);
    int64_t began = now(), last = began;
    for (int64_t i = 0; i < entries; i++) {
        add_key(keys[i]);
        int64_t time = now();
        times[i] = time - last;
        last = time;
    }
    double speed = (double)entries * 1e3 / (double)(last - began);
    qsort(times, entries, sizeof *times, compare);
    printf("{\"value\": %.4f, \"details\": {\"p50 µs\": %.4f, \"p99.99 µs\": %.4f, \"M/s\": %.4f}}\n",
        percentile(times, entries, 1) / 1e6, percentile(times, entries, 0.5) / 1e3,
        percentile(times, entries, 0.9999) / 1e3, speed);
}

// As the allocator counts what is in use: of little use for a library with an allocator of its own.
static double bytes_in_use(void)
{
    struct mallinfo2 now = mallinfo2();
    return (double)now.uordblks + (double)now.hblkhd;
}

static void bytes(void)
{
    const double mebibyte = 1024 * 1024;
    double resident = memory_mebibytes("VmRSS"), books = bytes_in_use();
    fill_map(entries);
    printf("{\"value\": %.4f, \"details\": {\"by the books B\": %.4f}}\n",
        (memory_mebibytes("VmRSS") - resident) * mebibyte / (double)entries,
        (bytes_in_use() - books) / (double)entries);
}

#endif
