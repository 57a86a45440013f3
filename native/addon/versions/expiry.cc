// The times after which values are absent.
#include "addon/arguments.h"
#include "core/expiry/expiry_index.h"

namespace leasehold {
namespace {

// expiresAt(transaction, collection, keyOffset, keyLength)
Napi::Value ExpiresAt(const Napi::CallbackInfo& info) {
  const Arguments<4> arguments(info);
  Transaction* transaction;
  Collection* collection;
  Slice key;
  if (!arguments.AnyTransaction(0, &transaction) ||
      !arguments.Collection(1, *transaction->environment(), &collection) || !arguments.Io(2, &key)) {
    return {};
  }
  uint64_t time;
  bool found;
  const Status status = transaction->Expires(collection, key, &time, &found);
  if (!status.ok()) {
    return arguments.addon()->Throw(status, "expiresAt() of " + collection->Title(), PathOf(*transaction));
  }
  return FromDouble(info.Env(), found ? static_cast<double>(time) : kNotFound);
}

// dueIn(transaction, collection)
Napi::Value DueIn(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Transaction* transaction;
  Collection* collection;
  if (!arguments.AnyTransaction(0, &transaction) ||
      !arguments.Collection(1, *transaction->environment(), &collection)) {
    return {};
  }
  uint64_t time;
  const Status status = FirstDue(transaction, *collection, &time);
  if (!status.ok()) return arguments.addon()->Throw(status, "sweep() of " + collection->Title(), PathOf(*transaction));
  if (time == kNever) return FromInt32(info.Env(), kNotFound);
  const uint64_t now = CurrentTime();
  return FromDouble(info.Env(), time > now ? static_cast<double>(time - now) : 0);
}

// shiftClock(by)
Napi::Value ShiftTheClock(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  double by;
  if (!arguments.Number(0, &by)) return {};
  constexpr auto kMost = static_cast<double>(kLastTime);
  // Not a number is the lower bound.
  ShiftClock(static_cast<int64_t>(by > kMost ? kMost : by >= -kMost ? by : -kMost));
  return Done(info.Env());
}

}  // namespace

Functions ExpiryFunctions() {
  return {{"expiresAt", Callback<ExpiresAt>}, {"dueIn", Callback<DueIn>}, {"shiftClock", Callback<ShiftTheClock>}};
}

}  // namespace leasehold
