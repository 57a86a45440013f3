// The functions of a BufferSource, which lends slices.
#include <string.h>

#include "addon/sources/js_lease.h"
#include "addon/sources/to_source.h"

namespace leasehold {
namespace {

// attachSources(takeBack)
Napi::Value AttachSources(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  if (!arguments.Function(0)) return {};
  arguments.addon()->take_back = Napi::Persistent(Napi::Function(info.Env(), arguments[0]));
  return Done(info.Env());
}

// sourceOpen(object, memory, expires)
Napi::Value SourceOpen(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  bool expires;
  if (!arguments.Object(0) || !arguments.ArrayBuffer(1) || !arguments.Bool(2, &expires)) return {};
  auto source = std::make_unique<BufferSource>(arguments.addon(), expires);
  source->SetMemory(arguments[1]);
  if (!BufferSource::Wrap(arguments.addon(), arguments[0], std::move(source))) return {};
  return Done(info.Env());
}

// An ArrayBuffer over the memory that a source lends, or with a copy of it if the runtime refuses external memory. Null
// if there is no memory. Raw Node-API: node-addon-api would throw if Node refuses.
napi_value WindowOver(napi_env env, const leasehold_source& source) {
  napi_value buffer;
  auto* memory = const_cast<void*>(source.data);
  if (source.size > 0 && napi_create_external_arraybuffer(
                             env, memory, source.size, [](napi_env, void*, void*) {}, nullptr, &buffer) == napi_ok) {
    return buffer;
  }
  void* copy;
  if (napi_create_arraybuffer(env, source.size, &copy, &buffer) != napi_ok) return nullptr;
  if (source.size > 0) memcpy(copy, source.data, source.size);
  return buffer;
}

// sourceBorrow(object, source)
Napi::Value SourceBorrow(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  if (!arguments.Object(0)) return {};
  const Napi::Env env = info.Env();
  leasehold_source* upstream = leasehold_unwrap_source(env, arguments[1]);
  if (upstream == nullptr) return {};
  auto source = std::make_unique<BufferSource>(arguments.addon(), upstream->expires != 0);
  const int status = source->Relay(upstream, arguments[0]);
  if (status != LEASEHOLD_OK) {
    leasehold_throw_status(env, status);
    return {};
  }
  napi_value window = WindowOver(env, *upstream);
  if (window == nullptr) return arguments.addon()->Throw(Status(ENOMEM), "");
  source->SetMemory(window);
  if (!BufferSource::Wrap(arguments.addon(), arguments[0], std::move(source))) return {};
  return Napi::Value(env, window);
}

// sourceExpires(source)
Napi::Value SourceExpires(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  BufferSource* source;
  if (!ToBufferSource(arguments, 0, &source)) return {};
  return FromBool(info.Env(), source->expires != 0);
}

// sourceEnd(source, ended)
Napi::Value SourceEnd(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  BufferSource* source;
  bool ended;
  if (!ToBufferSource(arguments, 0, &source) || !arguments.Bool(1, &ended)) return {};
  source->ended = ended;
  return Done(info.Env());
}

// sourceReplace(source, memory)
Napi::Value SourceReplace(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  BufferSource* source;
  if (!ToBufferSource(arguments, 0, &source) || !arguments.ArrayBuffer(1)) return {};
  if (source->lent() > 0) return arguments.addon()->Throw(Status(kBusy, "the source is being read"), "");
  source->SetMemory(arguments[1]);
  return Done(info.Env());
}

static_assert(kSourceEnded == LEASEHOLD_ENDED && kSourceNotLent == LEASEHOLD_NOT_LENT);

// sourceLend(source, window, offset, length, lease, table)
Napi::Value SourceLend(const Napi::CallbackInfo& info) {
  const Arguments<6> arguments(info);
  BufferSource* source;
  uint64_t window;
  uint32_t offset;
  uint32_t length;
  if (!ToBufferSource(arguments, 0, &source) || !arguments.Size(1, &window) || !arguments.Uint32(2, &offset) ||
      !arguments.Uint32(3, &length)) {
    return {};
  }
  const int status = source->Check(window + offset, length);
  if (status != LEASEHOLD_OK) return FromInt32(info.Env(), status);
  if (!arguments.IsUndefined(4)) {
    void* table;
    size_t numbers;
    if (!arguments.Object(4) || !arguments.TypedArray(5, napi_uint32_array, &table, &numbers)) return {};
    if (source->open != nullptr) source->open->holder = nullptr;
    auto* lease = new JsLease(info.Env(), arguments[4]);
    lease->rows = static_cast<leasehold_row*>(table);
    lease->keys = lease->values = source->Window(window).data;
    source->Add(lease);
    lease->holder = &source->open;
    source->open = lease;
    source->open_rows = numbers / 4;
  }
  Lease* lease = source->open;
  if (lease == nullptr || lease->count == source->open_rows || lease->values != source->Window(window).data ||
      !lease->IsReachable()) {
    return arguments.addon()->ThrowType("another lease is needed");
  }
  // JavaScript owns the table, and writes the row to it.
  lease->count++;
  lease->SetBytes(lease->bytes() + length);
  return FromInt32(info.Env(), 0);
}

}  // namespace

Functions BufferSourceFunctions() {
  return {{"attachSources", Callback<AttachSources>}, {"sourceOpen", Callback<SourceOpen>},
          {"sourceBorrow", Callback<SourceBorrow>},   {"sourceExpires", Callback<SourceExpires>},
          {"sourceEnd", Callback<SourceEnd>},         {"sourceReplace", Callback<SourceReplace>},
          {"sourceLend", Callback<SourceLend>}};
}

}  // namespace leasehold
