/*
 * A sink whose `invalidate` calls a JavaScript function, which may do anything: what it returns, or whether it throws,
 * says whether the sink does without the memory. For tests.
 *
 *   const sink = callback.borrow(value, (first) => true);   // `first`: the first byte, as it is then
 *   callback.isListening(sink);  callback.cancel(sink);  callback.borrowAgain(sink, value);
 */
#define LEASEHOLD_NODE_API
#include <leasehold/lease.h>
#include <stdlib.h>

typedef struct sink {
  leasehold_node node;
  napi_env env;
  napi_ref function;
  const uint8_t *data;
  size_t size;
} sink;

static int invalidate(leasehold_source *source, leasehold_node *node) {
  sink *it = (sink *)node;
  napi_env env = it->env;
  napi_handle_scope scope;
  napi_value function, receiver, first, result;
  bool without = false;
  (void)source;
  napi_open_handle_scope(env, &scope);
  if (napi_get_reference_value(env, it->function, &function) != napi_ok ||
      napi_get_undefined(env, &receiver) != napi_ok ||
      napi_create_uint32(env, it->size > 0 ? it->data[0] : 0, &first) != napi_ok ||
      napi_call_function(env, receiver, function, 1, &first, &result) != napi_ok) {
    napi_get_and_clear_last_exception(env, &result);
  } else {
    napi_get_value_bool(env, result, &without);
  }
  napi_close_handle_scope(env, scope);
  return without;
}

static const leasehold_sink_descriptor descriptor = LEASEHOLD_SINK_DESCRIPTOR(invalidate);
static const napi_type_tag tag = {0x746573742f63616cULL, 0x6c6261636b000001ULL};

static void finalize(napi_env env, void *data, void *hint) {
  sink *it = data;
  (void)hint;
  leasehold_cancel(&it->node);
  napi_delete_reference(env, it->function);
  free(it);
}

/* Has `it` listen to what `value` reads. */
static bool listen_to(napi_env env, sink *it, napi_value value) {
  leasehold_bytes bytes;
  int status;
  if (!leasehold_resolve(env, value, &bytes)) return false;
  it->data = bytes.data;
  it->size = bytes.size;
  status = bytes.source == NULL ? LEASEHOLD_ENDED
                                : leasehold_listen(bytes.source, &it->node, bytes.data, bytes.size);
  leasehold_throw_status(env, status);
  return status == LEASEHOLD_OK;
}

static sink *get_sink(napi_env env, napi_callback_info info, napi_value *arguments, size_t count) {
  sink *it;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  it = leasehold_unwrap(env, arguments[0], &tag);
  if (it == NULL) napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "not a sink");
  return it;
}

static napi_value borrow(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], object;
  sink *it = calloc(1, sizeof(sink));
  if (it == NULL) return NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  it->env = env;
  it->node.descriptor = &descriptor;
  napi_create_reference(env, arguments[1], 1, &it->function);
  napi_create_object(env, &object);
  napi_type_tag_object(env, object, &tag);
  napi_wrap(env, object, it, finalize, NULL, NULL);
  return listen_to(env, it, arguments[0]) ? object : NULL;
}

static napi_value borrow_again(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  sink *it = get_sink(env, info, arguments, 2);
  if (it != NULL) listen_to(env, it, arguments[1]);
  return NULL;
}

static napi_value cancel(napi_env env, napi_callback_info info) {
  napi_value argument;
  sink *it = get_sink(env, info, &argument, 1);
  if (it != NULL) leasehold_cancel(&it->node);
  return NULL;
}

static napi_value is_listening(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  const sink *it = get_sink(env, info, &argument, 1);
  if (it == NULL) return NULL;
  napi_get_boolean(env, leasehold_is_listening(&it->node), &result);
  return result;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"borrow", NULL, borrow, NULL, NULL, NULL, napi_enumerable, NULL},
      {"borrowAgain", NULL, borrow_again, NULL, NULL, NULL, napi_enumerable, NULL},
      {"cancel", NULL, cancel, NULL, NULL, NULL, napi_enumerable, NULL},
      {"isListening", NULL, is_listening, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
  return exports;
}
