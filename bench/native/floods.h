// F1, F2: allocate 64 bytes, publish by exchange, free the old block after a grace period, to the end of the last
// barrier; into a slot of the updater's own, or into random ones of a large table; or while a reader overstays.
#ifndef FLOODS_H
#define FLOODS_H

static struct node *CACHE_LINE *slots;
static size_t slot_count;
static int updaters;

// A slot per updater lies on a line of its own; the table's lie as close as they can.
enum { SLOT_STRIDE = 128 / sizeof(struct node *) };

static void update_own(struct worker *worker)
{
    struct node **slot = &slots[worker->index * SLOT_STRIDE];
    peer_register_updater();
    pass_gate();
    int64_t operations = 0;
    while (!stopped()) {
        peer_retire(peer_exchange(slot, new_node(operations)));
        operations++;
        peer_quiescent_updater();
    }
    worker->operations = operations;
    peer_barrier();
    peer_unregister_updater();
}

// Fills its share of the table first: blocks and their replacements come from the same thread's part of the heap.
static void update_random(struct worker *worker)
{
    uint64_t state = UINT64_C(0x9E3779B97F4A7C15) * (worker->index + 1);
    peer_register_updater();
    for (size_t i = worker->index; i < slot_count; i += updaters)
        slots[i] = new_node(i);
    pass_gate();
    int64_t operations = 0;
    while (!stopped()) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        peer_retire(peer_exchange(&slots[(state >> 32) * slot_count >> 32], new_node(operations)));
        operations++;
        peer_quiescent_updater();
    }
    worker->operations = operations;
    peer_barrier();
    peer_unregister_updater();
}

// Readers go on while the updaters' last blocks are freed.
static atomic_bool CACHE_LINE drained;

static void read_first(struct worker *worker)
{
    long sum = 0;
    peer_register();
    pass_gate();
    while (!atomic_load_explicit(&drained, memory_order_relaxed)) {
        for (int i = 0; i < READ_BATCH; i++) {
            peer_enter();
            sum += peer_load(&slots[0])->value;
            peer_leave();
        }
        worker->operations += READ_BATCH;
        peer_quiescent();
    }
    atomic_fetch_add(&sink, sum);
    peer_unregister();
}

static void fill_own(void)
{
    slots = allocate(updaters * SLOT_STRIDE * sizeof *slots);
    for (int i = 0; i < updaters; i++)
        slots[i * SLOT_STRIDE] = new_node(i);
}

static void f1(bool random)
{
    updaters = (int)number_argument("updaters", 1);
    int readers = (int)number_argument("readers", 0);
#ifdef PEER_WITHOUT_READERS
    if (readers > 0)
        not_offered("f1 with readers");
#endif
    struct worker *workers = allocate((updaters + readers) * sizeof *workers);
    if (random) {
        slot_count = (size_t)number_argument("blocks", 1048576);
        slots = allocate(slot_count * sizeof *slots);
    } else {
        fill_own();
    }
    pthread_barrier_init(&gate, NULL, updaters + readers + 1);
    for (int i = 0; i < updaters + readers; i++)
        start(&workers[i], i, i >= updaters ? read_first : random ? update_random : update_own);
    pthread_barrier_wait(&gate);
    double live = memory_mebibytes("VmRSS");
    pthread_barrier_wait(&gate);
    int64_t began = now();
    sleep_for(number_argument("seconds", 1));
    atomic_store(&stop, true);
    join(workers, updaters);
    int64_t nanoseconds = now() - began;
    atomic_store(&drained, true);
    join(workers + updaters, readers);
    printf("{\"value\": %.4f, \"details\": {\"peak MiB\": %.2f, \"reads/s\": %.0f}}\n",
        (double)total_operations(workers, updaters) / (double)nanoseconds * 1e3, memory_mebibytes("VmHWM") - live,
        total_operations(workers + updaters, readers) / (nanoseconds / 1e9));
}

#ifdef PEER_COUNTS_FREES
static int64_t CACHE_LINE left_at;

// Stays in one section for the given time, with the updaters flooding.
static void overstay(struct worker *worker)
{
    (void)worker;
    peer_register();
    peer_enter();
    pass_gate();
    atomic_fetch_add(&sink, peer_load(&slots[0])->value);
    sleep_for(number_argument("seconds", 1));
    atomic_store(&stop, true);
    left_at = now();
    peer_leave();
    peer_unregister();
}

static void f2(void)
{
    updaters = (int)number_argument("updaters", 1);
    peer_count_frees();
    struct worker *workers = allocate((updaters + 1) * sizeof *workers);
    fill_own();
    pthread_barrier_init(&gate, NULL, updaters + 2);
    for (int i = 0; i < updaters; i++)
        start(&workers[i], i, update_own);
    start(&workers[updaters], updaters, overstay);
    pthread_barrier_wait(&gate);
    double live = memory_mebibytes("VmRSS");
    pthread_barrier_wait(&gate);
    join(workers, updaters + 1);
    int64_t drained_at = now();
    int64_t retired = total_operations(workers, updaters);
    printf("{\"value\": %.2f, \"details\": {\"drain ms\": %.3f, \"lost\": %lld, \"blocks\": %lld}}\n",
        memory_mebibytes("VmHWM") - live, (drained_at - left_at) / 1e6, (long long)(retired - peer_frees()),
        (long long)retired);
}
#endif

#endif
