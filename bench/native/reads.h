// R1, R2: a read-side critical section with one dereference and one field; on its own, and against an updater that
// exchanges and frees without pause, or `rate` times a second.
#ifndef READS_H
#define READS_H

// Operations between two looks at the clock's flag; for quiescent-state-based flavours also between two quiescent
// states.
enum { READ_BATCH = 1024 };

static struct node *CACHE_LINE shared;
static _Atomic long CACHE_LINE sink;

static inline __attribute__((always_inline)) long read_field(void)
{
    peer_enter();
    long value = peer_load(&shared)->value;
    peer_leave();
    return value;
}

static NOINLINE long read_field_by_call(void)
{
    return read_field();
}

#define DEFINE_READER(name, operation)                          \
    static void name(struct worker *worker)                     \
    {                                                           \
        peer_register();                                        \
        pass_gate();                                            \
        int64_t began = now(), operations = 0;                  \
        long sum = 0;                                           \
        while (!stopped()) {                                    \
            for (int i = 0; i < READ_BATCH; i++)                \
                sum += operation();                             \
            operations += READ_BATCH;                           \
            peer_quiescent();                                   \
        }                                                       \
        worker->nanoseconds = now() - began;                    \
        worker->operations = operations;                        \
        atomic_fetch_add(&sink, sum);                           \
        peer_unregister();                                      \
    }

DEFINE_READER(read_by_call, read_field_by_call)
DEFINE_READER(read_in_loop, read_field)

static double nanoseconds_per_operation(const struct worker *workers, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)workers[i].nanoseconds / (double)workers[i].operations;
    return sum / count;
}

static void r1(void (*read)(struct worker *))
{
    int threads = (int)number_argument("threads", 1);
    struct worker *readers = allocate(threads * sizeof *readers);
    shared = new_node(1);
    pthread_barrier_init(&gate, NULL, threads + 1);
    for (int i = 0; i < threads; i++)
        start(&readers[i], i, read);
    pass_gate();
    sleep_for(number_argument("seconds", 1));
    atomic_store(&stop, true);
    join(readers, threads);
    printf("{\"value\": %.4f}\n", nanoseconds_per_operation(readers, threads));
}

#ifdef PEER_RETIRES
static void update_shared(struct worker *worker)
{
    peer_register_updater();
    double rate = number_argument("rate", 0);
    double apart = rate == 0 ? 0 : 1e9 / rate;
    pass_gate();
    int64_t began = now();
    while (!stopped()) {
        peer_retire(peer_exchange(&shared, new_node(1)));
        worker->operations++;
        peer_quiescent_updater();
        while (apart != 0 && !stopped() && now() < began + worker->operations * apart) {
        }
    }
    worker->nanoseconds = now() - began;
    peer_barrier();
    peer_unregister_updater();
}

static void r2(void)
{
    struct worker *workers = allocate(2 * sizeof *workers);
    shared = new_node(1);
    pthread_barrier_init(&gate, NULL, 3);
    start(&workers[0], 0, read_by_call);
    start(&workers[1], 1, update_shared);
    pass_gate();
    sleep_for(number_argument("seconds", 1));
    atomic_store(&stop, true);
    join(workers, 2);
    printf("{\"value\": %.4f, \"details\": {\"updates/s\": %.0f}}\n", nanoseconds_per_operation(workers, 1),
        workers[1].operations / (workers[1].nanoseconds / 1e9));
}
#endif

#endif
