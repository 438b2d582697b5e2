// liburcu: one source, a flavour by -DRCU_MEMB, -DRCU_MB or -DRCU_QSBR; form=call (call_rcu, the head in the block) or
// form=defer (defer_rcu); workers=one or workers=cpu (a call_rcu thread per processor).
#include "peer.h"

// The read side is inlined where the library offers that; later versions have the second name for it.
#define _LGPL_SOURCE
#define URCU_INLINE_SMALL_FUNCTIONS
#ifdef RCU_QSBR
#include <urcu-qsbr.h>
#else
#include <urcu.h>
#endif

#define PEER_RETIRES
#define PEER_SYNCHRONIZES
#define PEER_COUNTS_FREES

struct node {
    long value;
    struct rcu_head head;
    char padding[56 - sizeof(struct rcu_head)];
};

static bool by_defer;
static atomic_long CACHE_LINE frees;

static void free_head(struct rcu_head *head)
{
    free(caa_container_of(head, struct node, head));
}

static void free_head_counted(struct rcu_head *head)
{
    free_head(head);
    atomic_fetch_add_explicit(&frees, 1, memory_order_relaxed);
}

static void free_counted(void *block)
{
    free(block);
    atomic_fetch_add_explicit(&frees, 1, memory_order_relaxed);
}

static void (*callback)(struct rcu_head *) = free_head;
static void (*deferred)(void *) = free;

static inline void peer_count_frees(void)
{
    callback = free_head_counted;
    deferred = free_counted;
}

static inline long peer_frees(void)
{
    return atomic_load(&frees);
}

static inline struct node *new_node(long value)
{
    struct node *node = malloc(sizeof *node);
    node->value = value;
    return node;
}

static inline void peer_start(void)
{
    by_defer = strcmp(text_argument("form", "call"), "defer") == 0;
    if (strcmp(text_argument("workers", "one"), "cpu") == 0)
        create_all_cpu_call_rcu_data(0);
}

static inline void peer_register(void) { rcu_register_thread(); }
static inline void peer_unregister(void) { rcu_unregister_thread(); }

// call_rcu needs a registered reader. defer_rcu may wait for a grace period under its lock, so a thread that is an
// online reader must not call it (two of them would wait for each other).
static inline void peer_register_updater(void)
{
    if (by_defer)
        rcu_defer_register_thread();
    else
        rcu_register_thread();
}

static inline void peer_unregister_updater(void)
{
    if (by_defer)
        rcu_defer_unregister_thread();
    else
        rcu_unregister_thread();
}

static inline void peer_quiescent_updater(void)
{
    if (!by_defer)
        rcu_quiescent_state();
}

static inline void peer_offline(void) { rcu_thread_offline(); }
static inline void peer_online(void) { rcu_thread_online(); }
static inline void peer_enter(void) { rcu_read_lock(); }
static inline void peer_leave(void) { rcu_read_unlock(); }
static inline void peer_synchronize(void) { synchronize_rcu(); }

static inline void peer_quiescent(void) { rcu_quiescent_state(); }

static inline struct node *peer_load(struct node **slot)
{
    return rcu_dereference(*slot);
}

static inline struct node *peer_exchange(struct node **slot, struct node *node)
{
    return rcu_xchg_pointer(slot, node);
}

static inline void peer_retire(struct node *node)
{
    if (by_defer)
        defer_rcu(deferred, node);
    else
        call_rcu(&node->head, callback);
}

static inline void peer_barrier(void)
{
    if (by_defer)
        rcu_defer_barrier_thread();
    else
        rcu_barrier();
}

#include "workloads.h"
