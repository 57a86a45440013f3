/*
 * An addon that lends a block of its own memory. Until the block ends, leasehold's Keys and Values read it where it lies.
 *
 *   const block = source.lend(Buffer.from('some bytes'));
 *   const value = Value.from(block, 5, 5);
 *   source.end(block);                     // value has moved to the heap
 */
#define LEASEHOLD_NODE_API
#include <leasehold/lease.h>
#include <stdlib.h>
#include <string.h>

typedef struct block {
  leasehold_source source; /* the first member, since a JavaScript object is wrapped around a leasehold_source */
  uint8_t *memory;
} block;

static const leasehold_source_descriptor descriptor = LEASEHOLD_SOURCE_DESCRIPTOR(leasehold_block_contains);

/* Tells all sinks, then frees the memory. Ending twice does nothing. */
static void end_block(block *it) {
  leasehold_end(&it->source);
  if (it->memory == NULL) return;
  memset(it->memory, 0xdb, it->source.size); /* a sink that still reads the memory shows these bytes */
  free(it->memory);
  it->memory = NULL;
}

/* Runs when the object has been collected, and at the latest when its thread exits. */
static void finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  end_block(data);
  free(data);
}

static napi_value lend(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, object;
  napi_typedarray_type type;
  void *bytes;
  size_t size;
  block *it;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (napi_get_typedarray_info(env, argument, &type, &size, &bytes, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "the argument must be a Uint8Array");
    return NULL;
  }
  it = calloc(1, sizeof(block));
  if (it == NULL) return NULL;
  it->memory = malloc(size > 0 ? size : 1);
  if (it->memory == NULL) {
    free(it);
    return NULL;
  }
  if (size > 0) memcpy(it->memory, bytes, size);
  leasehold_source_init(&it->source, &descriptor, it->memory, size);
  if (napi_create_object(env, &object) != napi_ok ||
      leasehold_wrap_source(env, object, &it->source, finalize, NULL) != napi_ok) {
    finalize(env, it, NULL);
    return NULL;
  }
  return object;
}

static napi_value end(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object;
  leasehold_source *source;
  napi_get_cb_info(env, info, &count, &object, NULL, NULL);
  source = leasehold_unwrap_source(env, object);
  if (source == NULL) return NULL;
  /* The source may belong to another addon. */
  if (source->descriptor != &descriptor) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "the argument must be what lend() gave");
    return NULL;
  }
  end_block((block *)source);
  return NULL;
}

/* How many sinks read the block. */
static napi_value listeners(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object, result;
  const leasehold_source *source;
  napi_get_cb_info(env, info, &count, &object, NULL, NULL);
  source = leasehold_unwrap_source(env, object);
  if (source == NULL) return NULL;
  napi_create_uint32(env, (uint32_t)source->length, &result);
  return result;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"lend", NULL, lend, NULL, NULL, NULL, napi_enumerable, NULL},
      {"end", NULL, end, NULL, NULL, NULL, napi_enumerable, NULL},
      {"listeners", NULL, listeners, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
  return exports;
}
