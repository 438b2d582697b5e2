// What every native program has in common: arguments, threads that start together, time, percentiles, memory, the
// answer.
// It is run as `PEER WORKLOAD key=value…` and prints one line of JSON: {"value": 1.23, "details": {"p99 µs": 4.5}}.
#ifndef PEER_H
#define PEER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

// The exit code for a workload that the library does not have, and for arguments that make no sense.
enum { NOT_OFFERED = 64, BAD_ARGUMENTS = 2 };

#define NOINLINE __attribute__((noinline))
#define CACHE_LINE __attribute__((aligned(128)))

static int argument_count;
static char **arguments;

static const char *text_argument(const char *key, const char *otherwise)
{
    size_t length = strlen(key);
    for (int i = 2; i < argument_count; i++)
        if (strncmp(arguments[i], key, length) == 0 && arguments[i][length] == '=')
            return arguments[i] + length + 1;
    return otherwise;
}

static double number_argument(const char *key, double otherwise)
{
    const char *text = text_argument(key, NULL);
    if (text == NULL)
        return otherwise;
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || number < 0) {
        fprintf(stderr, "%s: not a number: %s=%s\n", arguments[0], key, text);
        exit(BAD_ARGUMENTS);
    }
    return number;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void sleep_for(double seconds)
{
    struct timespec time = { (time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9) };
    while (nanosleep(&time, &time) != 0) {
    }
}

static void *allocate(size_t size)
{
    void *memory = aligned_alloc(128, (size + 127) / 128 * 128);
    if (memory == NULL) {
        fprintf(stderr, "%s: no memory\n", arguments[0]);
        exit(1);
    }
    return memset(memory, 0, size);
}

// Threads that start together: each gets ready, passes the gate, runs, and is joined.
struct CACHE_LINE worker {
    pthread_t thread;
    void (*run)(struct worker *);
    int index;
    int64_t operations;     // what the worker counts
    int64_t nanoseconds;    // how long it took
    int64_t *samples;       // latencies, the last SAMPLES of them
};

static pthread_barrier_t gate;
static atomic_bool CACHE_LINE stop;

// Every thread passes it: all are ready then. Main reads the memory before it passes it a second time, with all others.
static void pass_gate(void)
{
    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate);
}

static inline bool stopped(void)
{
    return atomic_load_explicit(&stop, memory_order_relaxed);
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    worker->run(worker);
    return NULL;
}

// The stack is small, so that thousands of idle threads fit.
static void start(struct worker *worker, int index, void (*run)(struct worker *))
{
    worker->run = run;
    worker->index = index;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    int error = pthread_create(&worker->thread, &attributes, worker_main, worker);
    if (error != 0) {
        fprintf(stderr, "%s: no thread: %s\n", arguments[0], strerror(error));
        exit(1);
    }
    pthread_attr_destroy(&attributes);
}

static void join(struct worker *workers, int count)
{
    for (int i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
}

static int64_t total_operations(const struct worker *workers, int count)
{
    int64_t total = 0;
    for (int i = 0; i < count; i++)
        total += workers[i].operations;
    return total;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

// Of samples in ascending order.
static int64_t percentile(const int64_t *samples, size_t count, double fraction)
{
    return count == 0 ? 0 : samples[(size_t)(fraction * (double)(count - 1))];
}

static void print_latencies(int64_t *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    printf("{\"value\": %.4f, \"details\": {\"p99 µs\": %.4f, \"max µs\": %.4f, \"calls\": %zu}}\n",
        percentile(samples, count, 0.5) / 1e3, percentile(samples, count, 0.99) / 1e3,
        percentile(samples, count, 1.0) / 1e3, count);
}

// A line of /proc/self/status, in MiB: VmRSS now, VmHWM at its highest.
static double memory_mebibytes(const char *name)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    double kibibytes = 0;
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kibibytes = strtod(line + strlen(name) + 1, NULL);
    if (status != NULL)
        fclose(status);
    return kibibytes / 1024;
}

static void not_offered(const char *workload)
{
    fprintf(stderr, "%s: no workload \"%s\"\n", arguments[0], workload);
    exit(NOT_OFFERED);
}

#endif
