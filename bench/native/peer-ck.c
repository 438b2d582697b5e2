// Concurrency Kit's ck_epoch: a record per thread, ck_epoch_call with the entry in the block, a poll every 64 calls.
#include "peer.h"

#include <ck_epoch.h>

#define PEER_RETIRES
#define PEER_SYNCHRONIZES
#define PEER_COUNTS_FREES

enum { CALLS_PER_POLL = 64 };

struct node {
    long value;
    ck_epoch_entry_t entry;
    char padding[56 - sizeof(ck_epoch_entry_t)];
};

static ck_epoch_t epoch;
static __thread ck_epoch_record_t *record;
static __thread unsigned calls;
static atomic_long CACHE_LINE frees;

static void free_entry(ck_epoch_entry_t *entry)
{
    free((char *)entry - offsetof(struct node, entry));
}

static void free_entry_counted(ck_epoch_entry_t *entry)
{
    free_entry(entry);
    atomic_fetch_add_explicit(&frees, 1, memory_order_relaxed);
}

static ck_epoch_cb_t *callback = free_entry;

static inline void peer_count_frees(void) { callback = free_entry_counted; }
static inline long peer_frees(void) { return atomic_load(&frees); }

static inline struct node *new_node(long value)
{
    struct node *node = malloc(sizeof *node);
    node->value = value;
    return node;
}

static inline void peer_start(void) { ck_epoch_init(&epoch); }

static inline void peer_register(void)
{
    record = allocate(sizeof *record);
    ck_epoch_register(&epoch, record, NULL);
}

static inline void peer_unregister(void) { ck_epoch_unregister(record); }
static inline void peer_register_updater(void) { peer_register(); }
static inline void peer_unregister_updater(void) { peer_unregister(); }
static inline void peer_offline(void) {}
static inline void peer_online(void) {}
static inline void peer_quiescent(void) {}
static inline void peer_quiescent_updater(void) {}
static inline void peer_enter(void) { ck_epoch_begin(record, NULL); }
static inline void peer_leave(void) { ck_epoch_end(record, NULL); }
static inline void peer_synchronize(void) { ck_epoch_synchronize(record); }
static inline void peer_barrier(void) { ck_epoch_barrier(record); }

static inline struct node *peer_load(struct node **slot)
{
    return ck_pr_load_ptr(slot);
}

static inline struct node *peer_exchange(struct node **slot, struct node *node)
{
    return ck_pr_fas_ptr(slot, node);
}

static inline void peer_retire(struct node *node)
{
    ck_epoch_call(record, &node->entry, callback);
    if (++calls % CALLS_PER_POLL == 0)
        ck_epoch_poll(record);
}

#include "workloads.h"
