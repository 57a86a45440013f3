// Leases: puts them on the list of their source, and moves what the source has lent to the heap.
#include "addon/sources/js_lease.h"
#include "addon/sources/to_source.h"

namespace leasehold {
namespace {

// A growth of external memory for which V8 collects all garbage at once.
constexpr int64_t kProvocation = 64'000'000'000;

}  // namespace

Lease* Lend(Addon* addon, ReadTransaction* transaction, napi_value object) {
  auto* lease = new JsLease(addon->env, object);
  transaction->source.Add(lease);
  return lease;
}

Status CheckBudget(Addon* addon, ReadTransaction* transaction, size_t more) {
  Environment* environment = transaction->environment();
  const auto fits = [&] {
    return more <= environment->most_held_bytes - std::min(environment->held_bytes, environment->most_held_bytes);
  };
  if (fits()) return Status();
  const auto sweep = [&] {
    addon->transactions.ForEach([&](Transaction& other) {
      if (!other.is_write() && other.environment() == environment) static_cast<ReadTransaction&>(other).source.Sweep();
    });
  };
  sweep();
  if (fits()) return Status();
  // The program may have dropped many leases that are not collected yet.
  Napi::MemoryManagement::AdjustExternalMemory(addon->env, kProvocation);
  Napi::MemoryManagement::AdjustExternalMemory(addon->env, -kProvocation);
  sweep();
  if (fits()) return Status();
  return Status(kLeaseBudget, "live leases already cover " + std::to_string(environment->held_bytes) + " of the " +
                                  std::to_string(environment->most_held_bytes) +
                                  " bytes of maxHeldBytes: let some go, or keep() the few that you need");
}

namespace {

// Writes a count of rows or leases to CONTROL_ROWS, and of their bytes to CONTROL_BYTES.
void SetSize(Addon* addon, size_t count, size_t bytes) {
  uint32_t* control = addon->control.data;
  if (control == nullptr) return;  // none was attached
  control[kControlRows] = static_cast<uint32_t>(count);
  control[kControlBytes] = static_cast<uint32_t>(bytes);
  control[kControlBytesHigh] = static_cast<uint32_t>(uint64_t{bytes} >> 32);
}

// leaseStat(source)
Napi::Value LeaseStat(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Source* source;
  if (!ToSource(arguments, 0, &source)) return {};
  source->Sweep();
  SetSize(arguments.addon(), source->lent(), source->LentBytes());
  return Done(info.Env());
}

// sweep(source)
Napi::Value SweepLeases(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Source* source;
  if (!ToSource(arguments, 0, &source)) return {};
  source->Sweep();
  return FromDouble(info.Env(), static_cast<double>(source->lent()));
}

// leaseCount(source)
Napi::Value LeaseCount(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Source* source;
  if (!ToSource(arguments, 0, &source)) return {};
  return FromDouble(info.Env(), static_cast<double>(source->lent()));
}

// Asks sinks of other addons to copy what they have borrowed. No leases must be left on the list. Returns null if some
// sinks have not been asked yet. Throws ENOMEM after a round in which some could not copy.
Napi::Value AskSinks(Addon* addon, Source* source) {
  const Source::Watch watch(source);
  size_t refused;
  const bool done = source->AskSinks(&refused);
  if (done || watch.gone()) return Done(addon->env);
  if (refused == 0) return Null(addon->env);
  return addon->Throw(Status(ENOMEM, std::to_string(refused) + " sinks of other addons could not copy what they read"),
                      "");
}

// nextLease(source)
Napi::Value NextLease(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Addon* addon = arguments.addon();
  Source* source;
  if (!ToSource(arguments, 0, &source)) return {};
  if (source->moves_at_end && source->ended == 0) return addon->ThrowType("the transaction must have ended");
  if (source->expires == 0 && source->MoveBuffers() > 0) {
    addon->hidden_buffers.Tell();
    return Null(info.Env());
  }
  if (source->groups.length > 0) return FromBool(info.Env(), false);
  bool more;
  const auto* lease = static_cast<JsLease*>(source->NextLease(&more));
  if (lease != nullptr) {
    SetSize(addon, lease->count, lease->bytes());
    return lease->object.Value();
  }
  if (more) return Null(info.Env());
  return source->expires == 0 ? AskSinks(addon, source) : Done(info.Env());
}

// moveLease(source, memory)
Napi::Value MoveLease(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Source* source;
  if (!ToSource(arguments, 0, &source) || !arguments.ArrayBuffer(1)) return {};
  Napi::ArrayBuffer memory(info.Env(), arguments[1]);
  Lease* lease = source->FirstLease();
  if (lease == nullptr || !lease->IsReachable()) return arguments.addon()->ThrowType("there is no next lease");
  if (memory.ByteLength() < lease->MovedSize())
    return arguments.addon()->ThrowType("the memory is too small for the lease");
  lease->Move(static_cast<uint8_t*>(memory.Data()));
  delete lease;
  return Done(info.Env());
}

// dropLease(source)
Napi::Value DropLease(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Source* source;
  if (!ToSource(arguments, 0, &source)) return {};
  delete source->FirstLease();
  return Done(info.Env());
}

// nextGroup(source)
Napi::Value NextGroup(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Source* source;
  if (!ToSource(arguments, 0, &source)) return {};
  const auto* group = static_cast<JsLease*>(source->NextGroup());
  return group == nullptr ? Done(info.Env()) : group->object.Value();
}

// Finds the group that nextGroup has returned. Throws if there is none.
bool FindGroup(const ArgumentReader& arguments, Source** source, Lease** group) {
  if (!ToSource(arguments, 0, source)) return false;
  *group = (*source)->FirstGroup();
  if (*group != nullptr && (*group)->IsReachable()) return true;
  arguments.addon()->ThrowType("there is no next group");
  return false;
}

// splitGroup(source, lease, at)
Napi::Value SplitGroup(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  Source* source;
  Lease* group;
  uint32_t at;
  if (!arguments.Object(1) || !arguments.Uint32(2, &at) || !FindGroup(arguments, &source, &group)) return {};
  if (at == 0 || at >= group->count || at % group->run != 0)
    return arguments.addon()->ThrowType("no lease of the group begins there");
  source->Split(at, new JsLease(info.Env(), arguments[1]));
  return Done(info.Env());
}

// endGroup(source)
Napi::Value EndGroup(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Source* source;
  Lease* group;
  if (!FindGroup(arguments, &source, &group)) return {};
  source->EndGroup();
  return Done(info.Env());
}

}  // namespace

Functions LeaseFunctions() {
  return {
      {"leaseCount", Callback<LeaseCount>}, {"leaseStat", Callback<LeaseStat>},   {"sweep", Callback<SweepLeases>},
      {"nextGroup", Callback<NextGroup>},   {"splitGroup", Callback<SplitGroup>}, {"endGroup", Callback<EndGroup>},
      {"nextLease", Callback<NextLease>},   {"moveLease", Callback<MoveLease>},   {"dropLease", Callback<DropLease>}};
}

}  // namespace leasehold
