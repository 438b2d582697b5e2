// No protection: what the machine allows at best. A plain dereference, and a free at once.
#include "peer.h"

#define PEER_WITHOUT_READERS

struct node {
    long value;
    char padding[56];
};

static inline struct node *new_node(long value)
{
    struct node *node = malloc(sizeof *node);
    node->value = value;
    return node;
}

static inline void peer_start(void) {}
static inline void peer_register(void) {}
static inline void peer_unregister(void) {}
static inline void peer_register_updater(void) {}
static inline void peer_unregister_updater(void) {}
static inline void peer_enter(void) {}
static inline void peer_leave(void) {}
static inline void peer_quiescent(void) {}
static inline void peer_quiescent_updater(void) {}
static inline void peer_barrier(void) {}
static inline void peer_retire(struct node *node) { free(node); }

static inline struct node *peer_load(struct node **slot)
{
    return *(struct node *volatile *)slot;
}

static inline struct node *peer_exchange(struct node **slot, struct node *node)
{
    return __atomic_exchange_n(slot, node, __ATOMIC_SEQ_CST);
}

#include "workloads.h"
