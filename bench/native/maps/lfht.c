// liburcu's cds_lfht, with a section of the memb flavour around each operation, and call_rcu for what was replaced.
#include "map.h"

#include <stdio.h>
#include <stdlib.h>

#define _LGPL_SOURCE
#define URCU_INLINE_SMALL_FUNCTIONS
#include <urcu.h>
#include <urcu/rculfhash.h>

struct entry {
    struct cds_lfht_node node;
    uint64_t key;
    struct value value;
    struct rcu_head head;
};

static struct cds_lfht *map;

void map_create(void)
{
    map = cds_lfht_new(64, 64, 0, CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, NULL);
    if (map == NULL)
        abort();
}

void map_register(void) { rcu_register_thread(); }
void map_unregister(void) { rcu_unregister_thread(); }

static int matches(struct cds_lfht_node *node, const void *key)
{
    return caa_container_of(node, struct entry, node)->key == *(const uint64_t *)key;
}

static void free_entry(struct rcu_head *head) { free(caa_container_of(head, struct entry, head)); }

static struct entry *new_entry(uint64_t key, const struct value *value)
{
    struct entry *entry = malloc(sizeof *entry);
    if (entry == NULL)
        abort();
    cds_lfht_node_init(&entry->node);
    entry->key = key;
    entry->value = *value;
    return entry;
}

// The caller is in a section.
static struct cds_lfht_node *find(uint64_t key)
{
    struct cds_lfht_iter iter;
    cds_lfht_lookup(map, scramble(key), matches, &key, &iter);
    return cds_lfht_iter_get_node(&iter);
}

uint64_t map_get(uint64_t key)
{
    rcu_read_lock();
    struct cds_lfht_node *node = find(key);
    uint64_t stamp = node == NULL ? 0 : caa_container_of(node, struct entry, node)->value.words[0];
    rcu_read_unlock();
    return stamp;
}

bool map_add(uint64_t key, const struct value *value)
{
    struct entry *entry = new_entry(key, value);
    rcu_read_lock();
    struct cds_lfht_node *there = cds_lfht_add_unique(map, scramble(key), matches, &key, &entry->node);
    rcu_read_unlock();
    if (there != &entry->node)
        free(entry);
    return there == &entry->node;
}

void map_set(uint64_t key, const struct value *value)
{
    struct entry *entry = new_entry(key, value);
    rcu_read_lock();
    struct cds_lfht_node *old = cds_lfht_add_replace(map, scramble(key), matches, &key, &entry->node);
    if (old != NULL)
        call_rcu(&caa_container_of(old, struct entry, node)->head, free_entry);
    rcu_read_unlock();
}

bool map_remove(uint64_t key)
{
    rcu_read_lock();
    struct cds_lfht_node *node = find(key);
    bool is_removed = node != NULL && cds_lfht_del(map, node) == 0;
    if (is_removed)
        call_rcu(&caa_container_of(node, struct entry, node)->head, free_entry);
    rcu_read_unlock();
    return is_removed;
}
