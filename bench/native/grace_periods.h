// G, B: how long a grace period takes beside idle threads, a busy reader or other callers; how long a barrier takes.
#ifndef GRACE_PERIODS_H
#define GRACE_PERIODS_H

enum { SAMPLES = 1 << 16 };

#ifdef PEER_SYNCHRONIZES
// Idle threads sleep until main comes too: what polls is not idle.
static pthread_barrier_t ending;

static void idle(struct worker *worker)
{
    (void)worker;
    peer_register();
    peer_offline();
    pass_gate();
    pthread_barrier_wait(&ending);
    peer_online();
    peer_unregister();
}

static void synchronize(struct worker *worker)
{
    peer_register();
    worker->samples = allocate(SAMPLES * sizeof *worker->samples);
    pass_gate();
    while (!stopped()) {
        int64_t began = now();
        peer_synchronize();
        worker->samples[worker->operations++ % SAMPLES] = now() - began;
    }
    peer_unregister();
}

static void g(void)
{
    int threads = (int)number_argument("threads", 0);
    int readers = (int)number_argument("readers", 0);
    int callers = (int)number_argument("callers", 1);
    int count = callers + readers + threads;
    struct worker *workers = allocate(count * sizeof *workers);
    shared = new_node(1);
    pthread_barrier_init(&gate, NULL, count + 1);
    pthread_barrier_init(&ending, NULL, threads + 1);
    for (int i = 0; i < count; i++)
        start(&workers[i], i, i < callers ? synchronize : i < callers + readers ? read_in_loop : idle);
    pass_gate();
    sleep_for(number_argument("seconds", 1));
    atomic_store(&stop, true);
    pthread_barrier_wait(&ending);
    join(workers, count);

    int64_t *samples = allocate((size_t)callers * SAMPLES * sizeof *samples);
    size_t taken = 0;
    for (int i = 0; i < callers; i++) {
        size_t kept = workers[i].operations < SAMPLES ? workers[i].operations : SAMPLES;
        memcpy(samples + taken, workers[i].samples, kept * sizeof *samples);
        taken += kept;
    }
    print_latencies(samples, taken);
}
#endif

#ifdef PEER_RETIRES
static void b(void)
{
    int blocks = (int)number_argument("blocks", 0);
    int64_t end = now() + (int64_t)(number_argument("seconds", 1) * 1e9);
    int64_t *samples = allocate(SAMPLES * sizeof *samples);
    size_t taken = 0;
    peer_register_updater();
    // The library's own thread is there from the first block on.
    peer_retire(new_node(0));
    peer_barrier();
    do {
        for (int i = 0; i < blocks; i++) {
            peer_retire(new_node(i));
            peer_quiescent_updater();
        }
        int64_t began = now();
        peer_barrier();
        samples[taken++ % SAMPLES] = now() - began;
    } while (now() < end);
    peer_unregister_updater();
    print_latencies(samples, taken < SAMPLES ? taken : SAMPLES);
}
#endif

#endif
