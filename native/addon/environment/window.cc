// Windows: ArrayBuffers over the memory map of an environment.
#include "addon/arguments.h"

namespace leasehold {
namespace {

// An ArrayBuffer over memory that outlives it. Empty, with no exception pending, if the runtime refuses such
// ArrayBuffers.
Napi::ArrayBuffer Over(Napi::Env env, void* memory, size_t length) {
  const auto buffer = Napi::ArrayBuffer::New(env, memory, length);
  if (buffer.IsEmpty() && env.IsExceptionPending()) env.GetAndClearPendingException();
  return buffer;
}

// allowsExternal(): whether this runtime allows ArrayBuffers over external memory. (Electron does not.)
Napi::Value AllowsExternal(const Napi::CallbackInfo& info) {
  static uint8_t byte;
  Napi::ArrayBuffer buffer = Over(info.Env(), &byte, 1);
  // All threads share the byte, so nobody may keep the ArrayBuffer.
  if (!buffer.IsEmpty()) buffer.Detach();
  return FromBool(info.Env(), !buffer.IsEmpty());
}

// window(environment, index, length)
Napi::Value Window(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  Addon* addon = arguments.addon();
  OpenEnvironment* environment;
  uint32_t index;
  uint64_t length;
  if (!arguments.Environment(0, &environment) || !arguments.Uint32(1, &index) || !arguments.Size(2, &length)) {
    return {};
  }
  Database* database = environment->core->database();
  const size_t begin = index * kWindowBytes;
  const size_t map_size = database->map_size();
  // A window that begins where the map ends has no bytes: it is for an empty value that ends the last page.
  if (length == 0 || length > kWindowBytes || begin > map_size) return addon->ThrowType("no such window");
  length = std::min<uint64_t>(length, map_size - begin);
  // The map has moved. No live lease reads windows over the earlier map.
  if (environment->windows_generation != database->map().generation()) {
    addon->DropWindows(environment, true);
    environment->windows_generation = database->map().generation();
  }
  auto* memory = const_cast<uint8_t*>(database->map().base()) + begin;
  const Napi::ArrayBuffer buffer = Over(info.Env(), memory, length);
  if (buffer.IsEmpty()) {
    return addon->Throw(
        Status(kInvalidArgument, "this runtime does not allow memory outside of its heap: open with memory: 'copy'"),
        "");
  }
  environment->windows.push_back(Napi::Reference<Napi::ArrayBuffer>::New(buffer, 1));
  environment->window_bytes += length;
  return buffer;
}

}  // namespace

void Addon::DropWindows(OpenEnvironment* environment, bool detach) noexcept {
  if (detach) {
    for (const auto& window : environment->windows) {
      const Napi::ArrayBuffer buffer = window.Value();
      // Raw Node-API: an ArrayBuffer that cannot be detached must not make this call throw.
      if (!buffer.IsEmpty()) napi_detach_arraybuffer(env, buffer);
    }
  }
  environment->windows.clear();
  environment->window_bytes = 0;
  if (hidden > static_cast<int64_t>(WindowBytes())) Hide(static_cast<int64_t>(WindowBytes()) - hidden);
}

size_t Addon::WindowBytes() const {
  size_t bytes = 0;
  for (const OpenEnvironment* environment : environments) bytes += environment->window_bytes;
  return bytes;
}

Functions WindowFunctions() { return {{"allowsExternal", Callback<AllowsExternal>}, {"window", Callback<Window>}}; }

}  // namespace leasehold
