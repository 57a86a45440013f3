/*
 * The lease protocol: a source lends memory and ends at a known moment; a sink reads it and is told before it goes
 * away. An addon that wants to borrow (a sink) or to lend (a source) includes this one header and links nothing.
 *
 * A sink embeds a node and puts it on the source's list with leasehold_listen. It may read what it borrowed while
 * leasehold_is_listening says so, and no longer: before the memory goes, the source takes the node off its list and
 * calls the sink's `invalidate`, in which the memory can still be read and copied.
 *
 * A source embeds a leasehold_source and calls leasehold_end before its memory goes, however that happens.
 *
 * A node costs no allocation, no container and no weak reference. Every operation on one is O(1) and safe to repeat. A
 * source and the sinks that listen to it belong to one thread.
 *
 * With LEASEHOLD_NODE_API defined, the second part finds sources and sinks behind JavaScript objects, by Node-API.
 *
 * The idea, and the names source, sink, listen and cancel, are David Wilson's ("Shared memory interface", Acid).
 */
#ifndef LEASEHOLD_LEASE_H_
#define LEASEHOLD_LEASE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Whatever two addons hand each other begins with these two numbers, or with a pointer to a descriptor that does.
 * Nothing else may be read before they have been found equal.
 */
#define LEASEHOLD_MAGIC 0x6c656173u
#define LEASEHOLD_ABI 1u

typedef struct leasehold_source leasehold_source;
typedef struct leasehold_node leasehold_node;

/* What all sinks of a kind have in common. */
typedef struct leasehold_sink_descriptor {
  uint32_t magic;
  uint32_t abi;
  /*
   * The memory is about to go. The node is on no list any more. Returns whether the sink now does without it, having
   * bytes of its own, say. If not, the sink still exists and has expired; but for leasehold_is_listening(node), which
   * it is once more if the source can keep the memory and ask again. JavaScript may be unable to run, at a thread's
   * exit.
   *
   * It may do anything: cancel this node or any other, have them listen anew, end the source, free its own sink (and
   * return true). It must not throw a C++ exception.
   */
  int (*invalidate)(leasehold_source *source, leasehold_node *node);
} leasehold_sink_descriptor;

/* What all sources of a kind have in common. LEASEHOLD_SOURCE_DESCRIPTOR makes one of the functions below. */
typedef struct leasehold_source_descriptor {
  uint32_t magic;
  uint32_t abi;
  /* Puts a node that is on no list on the source's, for `size` bytes at `data`; or returns why not. */
  int (*listen)(leasehold_source *source, leasehold_node *node, const void *data, size_t size);
  /* Takes a node off the source's list. */
  void (*cancel)(leasehold_source *source, leasehold_node *node);
  /* Whether the source lends these bytes. */
  int (*contains)(const leasehold_source *source, const void *data, size_t size);
} leasehold_source_descriptor;

/* Embedded in a sink, once for each source that it may listen to. All zero but for `descriptor`: on no list. */
struct leasehold_node {
  leasehold_node *prev;
  leasehold_node *next;
  leasehold_source *owner;
  const leasehold_sink_descriptor *descriptor;
};

/* The list of those who have yet to be told, while leasehold_tell runs. */
typedef struct leasehold_telling {
  leasehold_node head;
  int keep;
  /* Whether a call from inside of a callback has taken the list over. */
  int taken_over;
} leasehold_telling;

/* Embedded in whatever lends memory. */
struct leasehold_source {
  const leasehold_source_descriptor *descriptor;
  /* The list of those who listen. Its head is a node, so that no operation has a special case. */
  leasehold_node head;
  /* Null unless somebody is being told. */
  leasehold_telling *telling;
  /* How many nodes are on either. */
  size_t length;
  /* The block that is lent; NULL if there is more than one. */
  const void *data;
  size_t size;
  /* Whether sinks are to expire with the source instead of copying what they borrowed. */
  uint32_t expires;
  /* Whether the source has ended, and lends no more. */
  uint32_t ended;
};

/* What leasehold_listen returns. */
enum {
  LEASEHOLD_OK = 0,
  LEASEHOLD_ENDED = 1,         /* the source has ended */
  LEASEHOLD_NOT_LENT = 2,      /* the source does not lend these bytes */
  LEASEHOLD_OTHER_VERSION = 3, /* the other side is no leasehold source or sink, or one of another version */
};

static inline int leasehold_is_listening(const leasehold_node *node) { return node->owner != NULL; }

/* The list itself, for sources. Sinks use leasehold_listen and leasehold_cancel. */

/* Takes a node from the list it is on; nothing if it is on none. */
static inline void leasehold_unlink(leasehold_node *node) {
  if (node->owner == NULL) return;
  node->prev->next = node->next;
  node->next->prev = node->prev;
  node->owner->length--;
  node->prev = node->next = NULL;
  node->owner = NULL;
}

/* Puts a node that is on no list at the end of a source's. */
static inline void leasehold_link(leasehold_source *source, leasehold_node *node) {
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

/* For sinks. */

/*
 * Borrows `size` bytes at `data`: from now on the sink is told before they go. A node that listens elsewhere is taken
 * from there first. LEASEHOLD_OK, or why the bytes cannot be borrowed; the node is on no list then.
 */
static inline int leasehold_listen(leasehold_source *source, leasehold_node *node, const void *data, size_t size) {
  leasehold_unlink(node);
  if (source->descriptor->magic != LEASEHOLD_MAGIC || source->descriptor->abi != LEASEHOLD_ABI) {
    return LEASEHOLD_OTHER_VERSION;
  }
  return source->descriptor->listen(source, node, data, size);
}

/* The sink reads no more. Nothing if it is not listening, whatever became of the source. */
static inline void leasehold_cancel(leasehold_node *node) {
  if (node->owner != NULL) node->owner->descriptor->cancel(node->owner, node);
}

/* For sources. */

/* What a descriptor has for `contains` if the source lends one block. */
static inline int leasehold_block_contains(const leasehold_source *source, const void *data, size_t size) {
  const uintptr_t begin = (uintptr_t)source->data;
  const uintptr_t at = (uintptr_t)data;
  return at >= begin && at - begin <= source->size && size <= source->size - (at - begin);
}

/* What a descriptor has for `listen`. */
static inline int leasehold_source_listen(leasehold_source *source, leasehold_node *node, const void *data,
                                          size_t size) {
  if (node->descriptor == NULL || node->descriptor->magic != LEASEHOLD_MAGIC ||
      node->descriptor->abi != LEASEHOLD_ABI) {
    return LEASEHOLD_OTHER_VERSION;
  }
  if (source->ended) return LEASEHOLD_ENDED;
  if (!source->descriptor->contains(source, data, size)) return LEASEHOLD_NOT_LENT;
  leasehold_link(source, node);
  return LEASEHOLD_OK;
}

/* What a descriptor has for `cancel`. */
static inline void leasehold_source_cancel(leasehold_source *source, leasehold_node *node) {
  (void)source;
  leasehold_unlink(node);
}

/* The descriptor of a source that `contains` tells about. */
#define LEASEHOLD_SOURCE_DESCRIPTOR(contains) \
  { LEASEHOLD_MAGIC, LEASEHOLD_ABI, leasehold_source_listen, leasehold_source_cancel, contains }

/* The descriptor of a sink that `invalidate` is called on. */
#define LEASEHOLD_SINK_DESCRIPTOR(invalidate) \
  { LEASEHOLD_MAGIC, LEASEHOLD_ABI, invalidate }

/* A source of `size` bytes at `data`; NULL and 0 if it lends something else than one block. */
static inline void leasehold_source_init(leasehold_source *source, const leasehold_source_descriptor *descriptor,
                                         const void *data, size_t size) {
  source->descriptor = descriptor;
  source->head.prev = source->head.next = &source->head;
  source->head.owner = source;
  source->head.descriptor = NULL;
  source->telling = NULL;
  source->length = 0;
  source->data = data;
  source->size = size;
  source->expires = 0;
  source->ended = 0;
}

/* Moves all nodes of a list to the end of another. Both are given by their heads. */
static inline void leasehold_splice(leasehold_node *from, leasehold_node *to) {
  if (from->next == from) return;
  from->next->prev = to->prev;
  to->prev->next = from->next;
  from->prev->next = to;
  to->prev = from->prev;
  from->prev = from->next = from;
}

/*
 * Tells everybody who listens, once; or `most` of them, those who have listened longest. With `keep`, those who have no
 * bytes of their own go back on the list. Returns how many of those it told have none.
 *
 * The whole list is detached first, and each node is cleared before its callback runs, so that a callback may do
 * anything. A call from inside of a callback takes over those whom the outer one has yet to tell, and keeps none that
 * the outer one would not: when it returns, all have been told, whatever its `most`, and the source may be freed. The
 * outer one then finds nothing left and does not touch it again.
 */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer" /* `telling` is reset, or not touched again, before this returns \
                                                     */
#endif
static inline size_t leasehold_tell(leasehold_source *source, int keep, size_t most) {
  size_t without = 0;
  leasehold_telling telling;
  leasehold_node *const head = &telling.head;
  head->prev = head->next = head;
  telling.keep = keep;
  telling.taken_over = 0;
  if (source->telling != NULL) {
    leasehold_splice(&source->telling->head, head);
    telling.keep = keep && source->telling->keep;
    source->telling->taken_over = 1;
    most = SIZE_MAX;
  }
  leasehold_splice(&source->head, head);
  source->telling = &telling;
  while (head->next != head && most-- > 0) {
    leasehold_node *node = head->next;
    leasehold_unlink(node);
    if (node->descriptor->invalidate(source, node)) continue;
    without++;
    if (telling.keep && !telling.taken_over && node->owner == NULL) leasehold_link(source, node);
  }
  if (!telling.taken_over) {
    source->telling = NULL;
    /* Those who have yet to be told go in front of those who went back. */
    leasehold_splice(&source->head, head);
    leasehold_splice(head, &source->head);
  }
  return without;
}
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic pop
#endif

/*
 * Ends what was lent so far: everybody who listens is told. The source may lend again, other bytes at the same place,
 * say. Returns how many sinks have no bytes of their own; they have expired.
 */
static inline size_t leasehold_revoke(leasehold_source *source) { return leasehold_tell(source, 0, SIZE_MAX); }

/*
 * The same for a source that can keep the memory a while: sinks that could not take bytes of their own go on listening.
 * Returns how many.
 */
static inline size_t leasehold_ask(leasehold_source *source) { return leasehold_tell(source, 1, SIZE_MAX); }

/* The same for at most so many, so that asking very many does not take long: the others are asked by the next calls. */
static inline size_t leasehold_ask_some(leasehold_source *source, size_t most) {
  return leasehold_tell(source, 1, most);
}

/* Ends the source, which lends no more; as leasehold_revoke. Ending twice does nothing. */
static inline size_t leasehold_end(leasehold_source *source) {
  source->ended = 1;
  return leasehold_tell(source, 0, SIZE_MAX);
}

#ifdef __cplusplus
}
#endif

#ifdef LEASEHOLD_NODE_API

/*
 * The second part: sources and sinks behind JavaScript objects. Each function that fails leaves an exception pending;
 * but in a thread that another one is terminating Node-API refuses to throw, as it refuses whatever else could run
 * JavaScript.
 */

#include <node_api.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks an object that is wrapped around a leasehold_source, and one around a leasehold_resolved; in every version. */
static const napi_type_tag leasehold_source_tag = {0x6c65617365686f6cULL, 0x642f736f75726365ULL};
static const napi_type_tag leasehold_resolved_tag = {0x6c65617365686f6cULL, 0x642f7265736f6c76ULL};

/* The property of the global object that holds an array of functions: each copy of leasehold adds one. */
#define LEASEHOLD_RESOLVERS "leasehold:resolvers"

/* What a JavaScript sink reads at this moment. */
typedef struct leasehold_bytes {
  const void *data;
  size_t size;
  /*
   * Who lends them, to listen to. NULL: nobody would tell when they go; they are good until JavaScript runs again, so
   * that a copy has to be taken at once.
   */
  leasehold_source *source;
} leasehold_bytes;

/* What a resolver's object is wrapped around: it listens itself, so that one that somebody held back is known as such.
 */
typedef struct leasehold_resolved {
  uint32_t magic;
  uint32_t abi;
  int expired;
  leasehold_bytes bytes;
  leasehold_node node;
} leasehold_resolved;

/* Throws an Error with that code. */
static inline void leasehold_throw(napi_env env, const char *code, const char *message) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && !pending) napi_throw_error(env, code, message);
}

/* Checks what two addons hand each other; false with ERR_NOT_LEASEHOLD_SOURCE, naming both versions. */
static inline bool leasehold_check_version(napi_env env, uint32_t magic, uint32_t abi) {
  char message[200];
  if (magic == LEASEHOLD_MAGIC && abi == LEASEHOLD_ABI) return true;
  if (magic != LEASEHOLD_MAGIC) {
    snprintf(message, sizeof(message),
             "this object does not follow the lease protocol: its magic number is 0x%08x, not 0x%08x (versions %u and "
             "%u)",
             (unsigned)magic, (unsigned)LEASEHOLD_MAGIC, (unsigned)abi, (unsigned)LEASEHOLD_ABI);
  } else {
    snprintf(message, sizeof(message),
             "this object follows version %u of the lease protocol, and the other side version %u: compile both addons "
             "with the same leasehold/lease.h",
             (unsigned)abi, (unsigned)LEASEHOLD_ABI);
  }
  leasehold_throw(env, "ERR_NOT_LEASEHOLD_SOURCE", message);
  return false;
}

/* What an object with that tag is wrapped around; NULL if it is another object, or none. */
static inline void *leasehold_unwrap(napi_env env, napi_value object, const napi_type_tag *tag) {
  napi_valuetype type;
  bool tagged = false;
  void *data = NULL;
  if (napi_typeof(env, object, &type) != napi_ok || (type != napi_object && type != napi_function)) return NULL;
  if (napi_check_object_type_tag(env, object, tag, &tagged) != napi_ok || !tagged) return NULL;
  return napi_unwrap(env, object, &data) == napi_ok ? data : NULL;
}

/*
 * Makes an object known as a source: tags it and wraps it around `source`, which lives until `finalize`. Its wrapped
 * pointer is the leasehold_source, so embed that as the first member.
 */
static inline napi_status leasehold_wrap_source(napi_env env, napi_value object, leasehold_source *source,
                                                napi_finalize finalize, void *hint) {
  napi_status status = napi_type_tag_object(env, object, &leasehold_source_tag);
  if (status != napi_ok) return status;
  return napi_wrap(env, object, source, finalize, hint, NULL);
}

/* The source behind an object; NULL, with ERR_NOT_LEASEHOLD_SOURCE, if it is none or one of another version. */
static inline leasehold_source *leasehold_unwrap_source(napi_env env, napi_value object) {
  leasehold_source *source = (leasehold_source *)leasehold_unwrap(env, object, &leasehold_source_tag);
  if (source == NULL) {
    leasehold_throw(env, "ERR_NOT_LEASEHOLD_SOURCE", "this is no object that lends memory by the lease protocol");
    return NULL;
  }
  if (!leasehold_check_version(env, source->descriptor->magic, source->descriptor->abi)) return NULL;
  return source;
}

/* Throws what a status of leasehold_listen means. */
static inline void leasehold_throw_status(napi_env env, int status) {
  if (status == LEASEHOLD_ENDED) {
    leasehold_throw(env, "ERR_LEASE_EXPIRED", "the source has ended, and lends no more");
  } else if (status == LEASEHOLD_NOT_LENT) {
    leasehold_throw(env, "ERR_OUT_OF_RANGE", "the source does not lend these bytes");
  } else if (status == LEASEHOLD_OTHER_VERSION) {
    leasehold_throw(env, "ERR_NOT_LEASEHOLD_SOURCE", "the source and the sink follow different versions");
  }
}

/*
 * The bytes that a Key, a Value, the sink of a record, or a Buffer reads, and who lends them. False, with
 * ERR_INVALID_ARG_TYPE, ERR_LEASE_EXPIRED or ERR_NOT_LEASEHOLD_SOURCE, if there are none.
 */
static inline bool leasehold_resolve(napi_env env, napi_value sink, leasehold_bytes *bytes) {
  napi_value global, resolvers, resolver, object;
  leasehold_resolved *resolved;
  uint32_t count = 0;
  uint32_t i;
  bool is_array = false;
  napi_typedarray_type type;
  void *data;
  size_t size;
  if (napi_get_global(env, &global) == napi_ok &&
      napi_get_named_property(env, global, LEASEHOLD_RESOLVERS, &resolvers) == napi_ok &&
      napi_is_array(env, resolvers, &is_array) == napi_ok && is_array) {
    napi_get_array_length(env, resolvers, &count);
  }
  for (i = 0; i < count; i++) {
    if (napi_get_element(env, resolvers, i, &resolver) != napi_ok ||
        napi_call_function(env, global, resolver, 1, &sink, &object) != napi_ok) {
      leasehold_throw(env, "ERR_NOT_LEASEHOLD_SOURCE", "a resolver could not be called");
      return false;
    }
    resolved = (leasehold_resolved *)leasehold_unwrap(env, object, &leasehold_resolved_tag);
    if (resolved == NULL) continue;
    if (!leasehold_check_version(env, resolved->magic, resolved->abi)) return false;
    if (resolved->expired) {
      leasehold_throw(env, "ERR_LEASE_EXPIRED", "what was resolved has expired");
      return false;
    }
    *bytes = resolved->bytes;
    if (bytes->source != NULL && bytes->source->ended) bytes->source = NULL;
    leasehold_cancel(&resolved->node);
    resolved->expired = 1;
    return true;
  }
  bytes->source = NULL;
  if (napi_is_typedarray(env, sink, &is_array) == napi_ok && is_array &&
      napi_get_typedarray_info(env, sink, &type, &size, &data, NULL, NULL) == napi_ok && type == napi_uint8_array) {
    bytes->data = data;
    bytes->size = size;
    return true;
  }
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "the sink must be a Key, a Value or a Uint8Array");
  return false;
}

#ifdef __cplusplus
}
#endif

#endif /* LEASEHOLD_NODE_API */

#endif /* LEASEHOLD_LEASE_H_ */
