/*
 * An addon that borrows. It counts bytes in the memory of a Key, a Value or a Buffer of leasehold, without a copy. When the
 * source is about to end, it makes its own copy.
 *
 *   const counter = sink.borrow(value);   // a Key, a Value or a Buffer
 *   sink.count(counter, 0x41);            // how many bytes are 0x41
 *   sink.state(counter);                  // 'shared', 'copied' or 'expired'
 *   sink.release(counter);
 */
#define LEASEHOLD_NODE_API
#include <leasehold/lease.h>
#include <stdlib.h>
#include <string.h>

typedef struct counter {
  leasehold_node node; /* the first member, so that a pointer to the node is a pointer to the counter */
  const uint8_t *data;
  size_t size;
  uint8_t *own; /* its own copy, once it has one */
} counter;

static int take_copy(counter *it) {
  it->own = malloc(it->size > 0 ? it->size : 1);
  if (it->own == NULL) return 0;
  if (it->size > 0) memcpy(it->own, it->data, it->size);
  it->data = it->own;
  return 1;
}

/* Called before the memory goes. Copies what was borrowed, unless it should expire. */
static int invalidate(leasehold_source *source, leasehold_node *node) {
  return !source->expires && take_copy((counter *)node);
}

static const leasehold_sink_descriptor descriptor = LEASEHOLD_SINK_DESCRIPTOR(invalidate);

static void finalize(napi_env env, void *data, void *hint) {
  counter *it = data;
  (void)env;
  (void)hint;
  leasehold_cancel(&it->node);
  free(it->own);
  free(it);
}

static const napi_type_tag counter_tag = {0x6578616d706c6573ULL, 0x2f73696e6b2f6331ULL};

static napi_value borrow(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value sink, object;
  leasehold_bytes bytes;
  counter *it;
  napi_get_cb_info(env, info, &count, &sink, NULL, NULL);
  if (!leasehold_resolve(env, sink, &bytes)) return NULL;
  it = calloc(1, sizeof(counter));
  if (it == NULL) return NULL;
  it->node.descriptor = &descriptor;
  it->data = bytes.data;
  it->size = bytes.size;
  if (bytes.source == NULL) {
    /* Nobody tells when these bytes go. */
    if (!take_copy(it)) leasehold_throw(env, "ENOMEM", "there is no memory for a copy");
  } else {
    leasehold_throw_status(env, leasehold_listen(bytes.source, &it->node, bytes.data, bytes.size));
  }
  if ((it->own == NULL && !leasehold_is_listening(&it->node)) || napi_create_object(env, &object) != napi_ok ||
      napi_type_tag_object(env, object, &counter_tag) != napi_ok ||
      napi_wrap(env, object, it, finalize, NULL, NULL) != napi_ok) {
    finalize(env, it, NULL);
    return NULL;
  }
  return object;
}

/* The counter in the first argument; NULL, and an exception, if it is not one. */
static counter *get_counter(napi_env env, napi_callback_info info, napi_value *arguments, size_t count) {
  counter *it;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  it = leasehold_unwrap(env, arguments[0], &counter_tag);
  if (it == NULL) napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "the argument must be a counter");
  return it;
}

static napi_value count_bytes(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  uint32_t wanted = 0;
  uint32_t found = 0;
  size_t i;
  counter *it = get_counter(env, info, arguments, 2);
  if (it == NULL) return NULL;
  napi_get_value_uint32(env, arguments[1], &wanted);
  if (it->own == NULL && !leasehold_is_listening(&it->node)) {
    leasehold_throw(env, "ERR_LEASE_EXPIRED", "what was borrowed has expired");
    return NULL;
  }
  for (i = 0; i < it->size; i++) found += it->data[i] == wanted;
  napi_create_uint32(env, found, &result);
  return result;
}

static napi_value state(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  const counter *it = get_counter(env, info, &argument, 1);
  if (it == NULL) return NULL;
  napi_create_string_utf8(env,
                          it->own != NULL                     ? "copied"
                          : leasehold_is_listening(&it->node) ? "shared"
                                                              : "expired",
                          NAPI_AUTO_LENGTH, &result);
  return result;
}

static napi_value release(napi_env env, napi_callback_info info) {
  napi_value argument;
  counter *it = get_counter(env, info, &argument, 1);
  if (it != NULL) leasehold_cancel(&it->node);
  return NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"borrow", NULL, borrow, NULL, NULL, NULL, napi_enumerable, NULL},
      {"count", NULL, count_bytes, NULL, NULL, NULL, napi_enumerable, NULL},
      {"state", NULL, state, NULL, NULL, NULL, napi_enumerable, NULL},
      {"release", NULL, release, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
  return exports;
}
