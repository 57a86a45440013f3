// Tells other addons where the bytes of a Key, a Value or a Buffer are, and which source lends them.
#include "addon/sources/to_source.h"

namespace leasehold {
namespace {

// The answer is a JavaScript object that wraps this.
struct Resolved final : leasehold_resolved {
  Napi::ObjectReference held;  // keeps bytes alive that no source lends
};

const leasehold_sink_descriptor kResolvedSink = LEASEHOLD_SINK_DESCRIPTOR([](leasehold_source*, leasehold_node* node) {
  auto* resolved =
      reinterpret_cast<leasehold_resolved*>(reinterpret_cast<char*>(node) - offsetof(leasehold_resolved, node));
  resolved->expired = 1;
  return 1;
});

void FinalizeResolved(napi_env, void* data, void*) {
  auto* resolved = static_cast<Resolved*>(data);
  leasehold_unlink(&resolved->node);
  delete resolved;
}

// resolve(source, window, offset, length)
Napi::Value ResolveLent(const Napi::CallbackInfo& info) {
  const Arguments<4> arguments(info);
  Source* source;
  uint64_t window;
  uint64_t offset;
  uint64_t length;
  if (!ToSource(arguments, 0, &source) || !arguments.Size(1, &window) || !arguments.Size(2, &offset) ||
      !arguments.Size(3, &length)) {
    return {};
  }
  const Slice memory = source->Window(window);
  if (offset > memory.size || length > memory.size - offset) {
    return arguments.addon()->ThrowType("these bytes were not lent");
  }
  return Resolve(arguments.addon(), memory.data + offset, length, source, nullptr);
}

// resolvePrivate(bytes, offset, length)
Napi::Value ResolvePrivate(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  void* data;
  size_t size;
  uint64_t offset;
  uint64_t length;
  if (!arguments.TypedArray(0, napi_uint8_array, &data, &size) || !arguments.Size(1, &offset) ||
      !arguments.Size(2, &length)) {
    return {};
  }
  if (offset > size || length > size - offset) return arguments.addon()->ThrowType("outside of the bytes");
  return Resolve(arguments.addon(), static_cast<const uint8_t*>(data) + offset, length, nullptr, arguments[0]);
}

// resolveBuffer(bytes): null if `bytes` is not a Buffer that a transaction has lent.
Napi::Value ResolveBuffer(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  void* data;
  size_t size;
  if (!arguments.TypedArray(0, napi_uint8_array, &data, &size)) return {};
  leasehold_source* found = nullptr;
  arguments.addon()->transactions.ForEach([&](const Transaction& transaction) {
    if (transaction.is_write()) return;
    const leasehold_node* head = &static_cast<const ReadTransaction&>(transaction).source.buffers.head;
    for (const leasehold_node* node = head->next; node != head; node = node->next) {
      const auto& mapping = static_cast<const BufferLease*>(node)->mapping;
      if (mapping && leasehold_block_contains(&mapping->source, data, size)) found = &mapping->source;
    }
  });
  return found == nullptr ? Null(info.Env()) : Resolve(arguments.addon(), data, size, found, nullptr);
}

}  // namespace

Napi::Value Resolve(Addon* addon, const void* data, size_t size, leasehold_source* source, napi_value held) {
  const Napi::Env env = addon->env;
  auto resolved = std::make_unique<Resolved>();
  resolved->magic = LEASEHOLD_MAGIC;
  resolved->abi = LEASEHOLD_ABI;
  resolved->expired = 0;
  resolved->bytes = {data, size, source};
  resolved->node = {nullptr, nullptr, nullptr, &kResolvedSink};
  const Napi::Object object = Napi::Object::New(env);
  // Raw Node-API: the other addon unwraps a plain object (lease.h), but node-addon-api wraps only objects of its
  // classes.
  if (napi_type_tag_object(env, object, &leasehold_resolved_tag) != napi_ok ||
      napi_wrap(env, object, resolved.get(), FinalizeResolved, nullptr, nullptr) != napi_ok) {
    return {};
  }
  // Link it also to a source that has ended: the source's memory stays until all on its list have been told.
  if (source != nullptr) leasehold_link(source, &resolved->node);
  if (held != nullptr) resolved->held = Napi::Persistent(Napi::Object(env, held));
  resolved.release();
  return object;
}

Functions ResolveFunctions() {
  return {{"resolve", Callback<ResolveLent>},
          {"resolvePrivate", Callback<ResolvePrivate>},
          {"resolveBuffer", Callback<ResolveBuffer>}};
}

}  // namespace leasehold
