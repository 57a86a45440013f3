/*
 * The lease protocol. A source lends memory, and ends at a known moment. A sink reads that memory, and is told before
 * it goes away. An addon that wants to borrow (a sink) or to lend (a source) includes this one header and links
 * nothing.
 *
 * A sink embeds a node, and puts it on the source's list with leasehold_listen. It may read what it borrowed as long as
 * leasehold_is_listening is true. Before the memory goes away, the source takes the node off its list and calls the
 * sink's `invalidate`. In that call the memory can still be read and copied.
 *
 * A source embeds a leasehold_source, and calls leasehold_end before its memory goes away, for whatever reason.
 *
 * A node costs no allocation, no container and no weak reference. Every operation on a node is O(1) and safe to repeat.
 * A source and the sinks that listen to it belong to one thread.
 *
 * If LEASEHOLD_NODE_API is defined, the second half of this header is compiled too: it finds the sources and the sinks
 * behind JavaScript objects, by Node-API.
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
 * Every structure that addons hand each other begins with these two numbers, or with a pointer to a descriptor that
 * begins with them. Nothing else of it may be read before both numbers were found equal.
 */
#define LEASEHOLD_MAGIC 0x6c656173u
#define LEASEHOLD_ABI 1u

typedef struct leasehold_source leasehold_source;
typedef struct leasehold_node leasehold_node;

/* What all sinks of one kind have in common. */
typedef struct leasehold_sink_descriptor {
  uint32_t magic;
  uint32_t abi;
  /*
   * Called when the memory is about to go away. The node is on no list any more. Returns true if the sink can now do
   * without the memory, for example because it has copied the bytes. If it returns false, the sink has expired; unless
   * the source can wait and ask again, which leasehold_is_listening(node) tells after the call. JavaScript may be
   * unable to run: at the exit of a thread it is.
   *
   * It may do anything: cancel this node or any other, have them listen again, end the source, or free its own sink
   * (and return true). It must not throw a C++ exception.
   */
  int (*invalidate)(leasehold_source *source, leasehold_node *node);
} leasehold_sink_descriptor;

/* What all sources of one kind have in common. LEASEHOLD_SOURCE_DESCRIPTOR fills it with the functions below. */
typedef struct leasehold_source_descriptor {
  uint32_t magic;
  uint32_t abi;
  /* Puts a node that is on no list on the source's list, for `size` bytes at `data`. LEASEHOLD_OK, or why not. */
  int (*listen)(leasehold_source *source, leasehold_node *node, const void *data, size_t size);
  /* Takes a node off the source's list. */
  void (*cancel)(leasehold_source *source, leasehold_node *node);
  /* Whether the source lends these bytes. */
  int (*contains)(const leasehold_source *source, const void *data, size_t size);
} leasehold_source_descriptor;

/*
 * Embedded in a sink, once for each source that it may listen to. A node of which all but `descriptor` is zero is on no
 * list.
 */
struct leasehold_node {
  leasehold_node *prev;
  leasehold_node *next;
  leasehold_source *owner;
  const leasehold_sink_descriptor *descriptor;
};

/* What leasehold_tell knows while it runs: the list of those that it has not told yet. */
typedef struct leasehold_telling {
  leasehold_node head;
  int relink;
  /* Whether a call from inside of a callback has taken the list over. */
  int taken_over;
} leasehold_telling;

/* Embedded in whatever lends memory. */
struct leasehold_source {
  const leasehold_source_descriptor *descriptor;
  /* The list of the nodes that listen. Its head is a node too, so that no operation has a special case. */
  leasehold_node head;
  /* NULL unless leasehold_tell is running. */
  leasehold_telling *telling;
  /* How many nodes are on both lists together. */
  size_t length;
  /* The block of memory that is lent; NULL and 0 if it is not one block. */
  const void *data;
  size_t size;
  /* Whether sinks are to expire when the source ends, instead of copying what they borrowed. */
  uint32_t expires;
  /* Whether the source has ended, and lends no more. */
  uint32_t ended;
};

/* What leasehold_listen returns. */
enum {
  LEASEHOLD_OK = 0,
  LEASEHOLD_ENDED = 1,         /* the source has ended */
  LEASEHOLD_NOT_LENT = 2,      /* the source does not lend these bytes */
  LEASEHOLD_OTHER_VERSION = 3, /* the other side does not follow the protocol, or follows another version of it */
};

static inline int leasehold_is_listening(const leasehold_node *node) { return node->owner != NULL; }

/* Operations on the list, for sources. Sinks use leasehold_listen and leasehold_cancel. */

/* Takes a node off the list that it is on. Does nothing if the node is on no list. */
static inline void leasehold_unlink(leasehold_node *node) {
  if (node->owner == NULL) return;
  node->prev->next = node->next;
  node->next->prev = node->prev;
  node->owner->length--;
  node->prev = node->next = NULL;
  node->owner = NULL;
}

/* Puts a node that is on no list at the end of a source's list. */
static inline void leasehold_link(leasehold_source *source, leasehold_node *node) {
  node->owner = source;
  node->prev = source->head.prev;
  node->next = &source->head;
  source->head.prev->next = node;
  source->head.prev = node;
  source->length++;
}

/* The node that has listened longest, NULL if there is none. */
static inline leasehold_node *leasehold_first(leasehold_source *source) {
  return source->head.next == &source->head ? NULL : source->head.next;
}

/* For sinks. */

/*
 * Borrows `size` bytes at `data`: from now on the sink is told before they go away. If the node listens to a source
 * already, it stops that first. LEASEHOLD_OK, or why the bytes cannot be borrowed; then the node is on no list.
 */
static inline int leasehold_listen(leasehold_source *source, leasehold_node *node, const void *data, size_t size) {
  leasehold_unlink(node);
  if (source->descriptor->magic != LEASEHOLD_MAGIC || source->descriptor->abi != LEASEHOLD_ABI) {
    return LEASEHOLD_OTHER_VERSION;
  }
  return source->descriptor->listen(source, node, data, size);
}

/* To be called when the sink reads no more. Does nothing if it is not listening, even if the source is gone. */
static inline void leasehold_cancel(leasehold_node *node) {
  if (node->owner != NULL) node->owner->descriptor->cancel(node->owner, node);
}

/* For sources. */

/* For the `contains` of a descriptor whose sources lend one block each. */
static inline int leasehold_block_contains(const leasehold_source *source, const void *data, size_t size) {
  const uintptr_t begin = (uintptr_t)source->data;
  const uintptr_t at = (uintptr_t)data;
  return at >= begin && at - begin <= source->size && size <= source->size - (at - begin);
}

/* For the `listen` of a descriptor. */
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

/* For the `cancel` of a descriptor. */
static inline void leasehold_source_cancel(leasehold_source *source, leasehold_node *node) {
  (void)source;
  leasehold_unlink(node);
}

/* The descriptor of sources that have this function as their `contains`. */
#define LEASEHOLD_SOURCE_DESCRIPTOR(contains) \
  { LEASEHOLD_MAGIC, LEASEHOLD_ABI, leasehold_source_listen, leasehold_source_cancel, contains }

/* The descriptor of sinks that have this function as their `invalidate`. */
#define LEASEHOLD_SINK_DESCRIPTOR(invalidate) \
  { LEASEHOLD_MAGIC, LEASEHOLD_ABI, invalidate }

/* Initialises a source that lends `size` bytes at `data`; NULL and 0 if it does not lend one block. */
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
 * Calls `invalidate` of every node that listens, once; or of `most` of them, those that have listened longest. With
 * `relink`, those that return false go back on the list. Returns how many returned false.
 *
 * The whole list is detached first, and each node is cleared before its callback is called, so that a callback may do
 * anything. A callback may even call this again. The inner call takes over the nodes that the outer call has not told
 * yet, and puts none back on the list if the outer call would not. When it returns, all have been told, whatever its
 * `most`, and the source may be freed. The outer call then finds nothing left, and does not touch the source again.
 */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer" /* `telling` is reset, or not touched again, before this returns \
                                                     */
#endif
static inline size_t leasehold_tell(leasehold_source *source, int relink, size_t most) {
  size_t without = 0;
  leasehold_telling telling;
  leasehold_node *const head = &telling.head;
  head->prev = head->next = head;
  telling.relink = relink;
  telling.taken_over = 0;
  if (source->telling != NULL) {
    leasehold_splice(&source->telling->head, head);
    telling.relink = relink && source->telling->relink;
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
    if (telling.relink && !telling.taken_over && node->owner == NULL) leasehold_link(source, node);
  }
  if (!telling.taken_over) {
    source->telling = NULL;
    /* Those that have not been told go in front of those that went back on the list. */
    leasehold_splice(&source->head, head);
    leasehold_splice(head, &source->head);
  }
  return without;
}
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic pop
#endif

/*
 * Ends what was lent so far: every sink is told. The source may lend again afterwards, for example other bytes at the
 * same place. Returns how many sinks have no bytes of their own; they have expired.
 */
static inline size_t leasehold_revoke(leasehold_source *source) { return leasehold_tell(source, 0, SIZE_MAX); }

/*
 * The same for a source that can leave the memory in place for a while: sinks that could not copy go on listening.
 * Returns how many they are.
 */
static inline size_t leasehold_ask(leasehold_source *source) { return leasehold_tell(source, 1, SIZE_MAX); }

/* The same for at most `most` sinks, so that no call takes long. The next calls ask the others. */
static inline size_t leasehold_ask_some(leasehold_source *source, size_t most) {
  return leasehold_tell(source, 1, most);
}

/* The same as leasehold_revoke, and the source lends no more. Ending it again does nothing. */
static inline size_t leasehold_end(leasehold_source *source) {
  source->ended = 1;
  return leasehold_tell(source, 0, SIZE_MAX);
}

#ifdef __cplusplus
}
#endif

#ifdef LEASEHOLD_NODE_API

/*
 * The second half: sources and sinks behind JavaScript objects. A function that fails leaves an exception pending. But
 * in a thread that another thread is terminating, Node-API refuses to throw, as it refuses everything else that could
 * run JavaScript.
 */

#include <node_api.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The first marks an object that wraps a leasehold_source, the second one that wraps a leasehold_resolved. They are the
 * same in every version of the protocol.
 */
static const napi_type_tag leasehold_source_tag = {0x6c65617365686f6cULL, 0x642f736f75726365ULL};
static const napi_type_tag leasehold_resolved_tag = {0x6c65617365686f6cULL, 0x642f7265736f6c76ULL};

/* The property of the global object that has an array of functions, the resolvers. Each copy of leasehold adds one. */
#define LEASEHOLD_RESOLVERS "leasehold:resolvers"

/* The bytes that a JavaScript sink reads at this moment. */
typedef struct leasehold_bytes {
  const void *data;
  size_t size;
  /*
   * The source that lends them, to listen to. NULL: nobody tells when they go away. They are valid until JavaScript
   * runs again, so they must be copied at once.
   */
  leasehold_source *source;
} leasehold_bytes;

/*
 * What the object that a resolver returns wraps. It listens to the source itself, so that an object that is used too
 * late is known to have expired.
 */
typedef struct leasehold_resolved {
  uint32_t magic;
  uint32_t abi;
  int expired;
  leasehold_bytes bytes;
  leasehold_node node;
} leasehold_resolved;

/* Throws an Error with this code, unless an exception is pending. */
static inline void leasehold_throw(napi_env env, const char *code, const char *message) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && !pending) napi_throw_error(env, code, message);
}

/*
 * Checks the two numbers of what another addon hands over. If one differs: false, and an ERR_NOT_LEASEHOLD_SOURCE that
 * names both versions.
 */
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

/* What an object with this tag wraps; NULL if the object has another tag or none, or if it is no object. */
static inline void *leasehold_unwrap(napi_env env, napi_value object, const napi_type_tag *tag) {
  napi_valuetype type;
  bool tagged = false;
  void *data = NULL;
  if (napi_typeof(env, object, &type) != napi_ok || (type != napi_object && type != napi_function)) return NULL;
  if (napi_check_object_type_tag(env, object, tag, &tagged) != napi_ok || !tagged) return NULL;
  return napi_unwrap(env, object, &data) == napi_ok ? data : NULL;
}

/*
 * Makes an object known as a source: tags it, and wraps `source`, which must live until `finalize` is called. The
 * pointer that is wrapped is that of the leasehold_source, so embed it as the first member.
 */
static inline napi_status leasehold_wrap_source(napi_env env, napi_value object, leasehold_source *source,
                                                napi_finalize finalize, void *hint) {
  napi_status status = napi_type_tag_object(env, object, &leasehold_source_tag);
  if (status != napi_ok) return status;
  return napi_wrap(env, object, source, finalize, hint, NULL);
}

/*
 * The source behind an object. NULL, and an ERR_NOT_LEASEHOLD_SOURCE, if there is none, or if it follows another
 * version.
 */
static inline leasehold_source *leasehold_unwrap_source(napi_env env, napi_value object) {
  leasehold_source *source = (leasehold_source *)leasehold_unwrap(env, object, &leasehold_source_tag);
  if (source == NULL) {
    leasehold_throw(env, "ERR_NOT_LEASEHOLD_SOURCE", "this object does not lend memory by the lease protocol");
    return NULL;
  }
  if (!leasehold_check_version(env, source->descriptor->magic, source->descriptor->abi)) return NULL;
  return source;
}

/* Throws the error for what leasehold_listen returned. */
static inline void leasehold_throw_status(napi_env env, int status) {
  if (status == LEASEHOLD_ENDED) {
    leasehold_throw(env, "ERR_LEASE_EXPIRED", "the source has ended and lends no more");
  } else if (status == LEASEHOLD_NOT_LENT) {
    leasehold_throw(env, "ERR_OUT_OF_RANGE", "the source does not lend these bytes");
  } else if (status == LEASEHOLD_OTHER_VERSION) {
    leasehold_throw(env, "ERR_NOT_LEASEHOLD_SOURCE",
                    "the source and the sink follow different versions of the lease protocol");
  }
}

/*
 * Gives the bytes that a Key, a Value, the sink of a record, or a Buffer reads, and who lends them. False, and an
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
      leasehold_throw(env, "ERR_LEASE_EXPIRED", "the bytes that were resolved have expired");
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
