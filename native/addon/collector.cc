// Controls and watches V8's garbage collector.
#include <cmath>

#include "addon/arguments.h"
#include "core/memory/pages.h"

namespace leasehold {
namespace {

// The largest change of external memory to report: V8 ends the process for a change that it finds unreasonable.
constexpr double kMostBytes = 1e12;

// hideExternal(bytes): reports that much less external memory to V8 than there is, or, for a negative number, that much
// more again. V8 begins to mark when external memory grows, and that would stall a drain. Never hides more bytes than
// the windows have, since a negative total makes V8 abort. Returns how many bytes were hidden.
Napi::Value HideExternal(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Addon* addon = arguments.addon();
  double bytes;
  if (!arguments.Number(0, &bytes)) return {};
  if (!(std::abs(bytes) <= kMostBytes)) return addon->ThrowType("argument 0 must be a number of bytes");
  const auto room = static_cast<int64_t>(addon->WindowBytes()) - addon->hidden;
  const int64_t change = std::max(std::min(static_cast<int64_t>(bytes), std::max<int64_t>(room, 0)), -addon->hidden);
  addon->Hide(change);
  return FromDouble(info.Env(), static_cast<double>(change));
}

// collectorRuns(): see Addon::Collections.
Napi::Value CollectorRuns(const Napi::CallbackInfo& info) {
  const Arguments<0> arguments(info);
  return FromDouble(info.Env(), static_cast<double>(arguments.addon()->Collections()));
}

// provokeCollector(bytes): makes V8 begin to mark, by reporting that much external memory for a moment.
Napi::Value ProvokeCollector(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  double bytes;
  if (!arguments.Number(0, &bytes)) return {};
  if (!(bytes >= 0 && bytes <= kMostBytes)) return arguments.addon()->ThrowType("argument 0 must be a number of bytes");
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), static_cast<int64_t>(bytes));
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -static_cast<int64_t>(bytes));
  return Done(info.Env());
}

// canAllocate(bytes)
Napi::Value CanAllocateBytes(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  uint64_t bytes;
  if (!arguments.Size(0, &bytes)) return {};
  return FromBool(info.Env(), CanAllocate(bytes));
}

// useLargePages(bytes)
Napi::Value UseLargePagesFor(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  void* data;
  size_t size;
  if (!arguments.TypedArray(0, napi_uint8_array, &data, &size)) return {};
  UseLargePages(data, size);
  return Done(info.Env());
}

}  // namespace

bool CanAllocate(size_t size) {
  Pages<uint8_t> pages;
  return pages.Allocate(size).ok();
}

uint64_t Addon::Collections() {
  const Napi::HandleScope scope(env);
  if (sentinel.IsEmpty() || sentinel.Value().IsEmpty()) {
    sentinel = Napi::Weak(Napi::Object::New(env));
    collections++;
  }
  return collections;
}

void Addon::Hide(int64_t change) noexcept {
  hidden += change;
  Napi::MemoryManagement::AdjustExternalMemory(env, -change);
}

Functions CollectorFunctions() {
  return {{"hideExternal", Callback<HideExternal>},
          {"collectorRuns", Callback<CollectorRuns>},
          {"provokeCollector", Callback<ProvokeCollector>},
          {"canAllocate", Callback<CanAllocateBytes>},
          {"useLargePages", Callback<UseLargePagesFor>}};
}

}  // namespace leasehold
