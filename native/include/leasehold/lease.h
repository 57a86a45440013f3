/*
 * The lease protocol: a source lends memory and ends at a known moment; a sink reads it and is told before it goes
 * away. This header holds the part that needs nothing but C: the list by which a source knows its sinks.
 *
 * A node is embedded in its sink. No container, no allocation, no weak reference a sink. Every operation is O(1), and
 * safe to repeat: taking a node from a list it is not on does nothing.
 *
 * The idea, and the names source, sink, listen and cancel, are David Wilson's ("Shared memory interface", Acid).
 */
#ifndef LEASEHOLD_LEASE_H_
#define LEASEHOLD_LEASE_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct leasehold_source;

/* Embedded in a sink, once for each source that it may listen to. All zero: on no list. */
typedef struct leasehold_node {
  struct leasehold_node *prev;
  struct leasehold_node *next;
  struct leasehold_source *owner;
} leasehold_node;

/* Embedded in whatever lends memory. The head is a node of its own, so that no operation has a special case. */
typedef struct leasehold_source {
  leasehold_node head;
  size_t length;
} leasehold_source;

static inline void leasehold_source_init(leasehold_source *source) {
  source->head.prev = source->head.next = &source->head;
  source->head.owner = source;
  source->length = 0;
}

/* Takes a node from the list it is on; nothing if it is on none. */
static inline void leasehold_cancel(leasehold_node *node) {
  if (node->owner == NULL) return;
  node->prev->next = node->next;
  node->next->prev = node->prev;
  node->owner->length--;
  node->prev = node->next = NULL;
  node->owner = NULL;
}

/* Puts a node at the end of a source's list, off any list that it was on. */
static inline void leasehold_listen(leasehold_source *source, leasehold_node *node) {
  leasehold_cancel(node);
  node->owner = source;
  node->prev = source->head.prev;
  node->next = &source->head;
  source->head.prev->next = node;
  source->head.prev = node;
  source->length++;
}

/* The oldest node, NULL if there is none. */
static inline leasehold_node *leasehold_first(leasehold_source *source) {
  return source->head.next == &source->head ? NULL : source->head.next;
}

#ifdef __cplusplus
}
#endif

#endif /* LEASEHOLD_LEASE_H_ */
