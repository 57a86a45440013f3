// What has to be asked of V8's collector, and what it must not be asked for.
#include "addon/arguments.h"
#include "core/memory/pages.h"

namespace leasehold {
namespace {

// V8 ends the process for a change that it finds unreasonable.
constexpr double kMostBytes = 1e12;

// hideExternal(bytes): tells V8 of that much less memory outside of its heap than there is, or with a negative number
// of that much more again. V8 begins to mark when such memory grows, and a drain in the middle of which it does so
// stalls. Never hides more than the windows count for, since a negative total would make V8 abort; gives what was
// hidden.
napi_value HideExternal(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Addon* addon = arguments.addon();
  double bytes;
  if (!arguments.Number(0, &bytes)) return nullptr;
  if (!(std::abs(bytes) <= kMostBytes)) return addon->ThrowType("argument 0 must be a number of bytes");
  const auto room = static_cast<int64_t>(addon->WindowBytes()) - addon->hidden;
  const int64_t change = std::max(std::min(static_cast<int64_t>(bytes), std::max<int64_t>(room, 0)), -addon->hidden);
  addon->Hide(change);
  return FromDouble(env, static_cast<double>(change));
}

// collectorRuns(): how many collections of young objects have been noticed, one at most since it was last asked.
napi_value CollectorRuns(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  Addon* addon = arguments.addon();
  napi_value object = nullptr;
  if (addon->sentinel != nullptr) napi_get_reference_value(env, addon->sentinel, &object);
  if (object == nullptr) {
    if (addon->sentinel != nullptr) napi_delete_reference(env, addon->sentinel);
    napi_create_object(env, &object);
    napi_create_reference(env, object, 0, &addon->sentinel);
    addon->collections++;
  }
  return FromDouble(env, static_cast<double>(addon->collections));
}

// provokeCollector(bytes): makes V8 begin to mark by claiming that much memory outside of its heap for a moment.
napi_value ProvokeCollector(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  double bytes;
  if (!arguments.Number(0, &bytes)) return nullptr;
  if (!(bytes >= 0 && bytes <= kMostBytes)) return arguments.addon()->ThrowType("argument 0 must be a number of bytes");
  int64_t total;
  napi_adjust_external_memory(env, static_cast<int64_t>(bytes), &total);
  napi_adjust_external_memory(env, -static_cast<int64_t>(bytes), &total);
  return Done(env);
}

// canAllocate(bytes)
napi_value CanAllocateBytes(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  uint64_t bytes;
  if (!arguments.Size(0, &bytes)) return nullptr;
  return FromBool(env, CanAllocate(bytes));
}

}  // namespace

bool CanAllocate(size_t size) {
  Pages<uint8_t> pages;
  return pages.Allocate(size).ok();
}

void Addon::Hide(int64_t change) noexcept {
  int64_t total;
  hidden += change;
  napi_adjust_external_memory(env, -change, &total);
}

Functions CollectorFunctions() {
  return {{"hideExternal", HideExternal},
          {"collectorRuns", CollectorRuns},
          {"provokeCollector", ProvokeCollector},
          {"canAllocate", CanAllocateBytes}};
}

}  // namespace leasehold
