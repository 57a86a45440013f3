// Shared states: which number the decoded value of a record and version has.
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include "addon/arguments.h"
#include "core/versions/header.h"
#include "core/versions/state_table.h"

namespace leasehold {
namespace {

// makeStates(environment, limit)
Napi::Value MakeStates(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  OpenEnvironment* environment;
  uint64_t limit;
  if (!arguments.Environment(0, &environment) || !arguments.Size(1, &limit)) return {};
  uint32_t seeds[2];
  if (getentropy(seeds, sizeof(seeds)) != 0) {
    return arguments.addon()->Throw(Status(errno, "the system has no random numbers"), "");
  }
  environment->core->states = std::make_unique<StateTable>(seeds[0], seeds[1], limit);
  return Done(info.Env());
}

// The environment of a handle, if it has a table of states.
bool ReadStates(const ArgumentReader& arguments, Environment** environment) {
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return false;
  OpenEnvironment* const* found = arguments.addon()->environment_handles.Find(handle);
  if (found == nullptr) {
    arguments.addon()->Throw(Status(kEnvClosed), "");
    return false;
  }
  *environment = (*found)->core.get();
  return (*environment)->states || arguments.Fail(0, "an environment that shares states");
}

// The first six arguments of findState and addState.
struct StateArguments {
  Environment* environment;
  Collection* collection;
  Slice key;
  uint64_t tid;

  bool Read(const ArgumentReader& arguments) {
    uint32_t low;
    uint32_t high;
    if (!ReadStates(arguments, &environment) || !arguments.Collection(1, *environment, &collection) ||
        !arguments.Io(2, &key) || !arguments.Uint32(4, &low) || !arguments.Uint32(5, &high)) {
      return false;
    }
    tid = uint64_t{high} << 32 | low;
    return true;
  }
};

napi_value FromNumber(napi_env env, uint32_t number) {
  return FromInt32(env, number == StateTable::kNone ? kNotShared : static_cast<int32_t>(number));
}

// findShared(transaction, collection, keyOffset, keyLength)
napi_value FindShared(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  Slice key;
  if (!arguments.AnyTransaction(0, &transaction) ||
      !arguments.Collection(1, *transaction->environment(), &collection) || !arguments.Io(2, &key)) {
    return nullptr;
  }
  if (!collection->has_versions() || !transaction->environment()->states) {
    arguments.Fail(1, "a collection with versions, in an environment that shares states");
    return nullptr;
  }
  MDB_val found;
  const Status status = transaction->Get(collection, key, &found);
  if (status.code() == MDB_NOTFOUND) return FromInt32(env, kNotFound);
  if (!status.ok()) return addon->Throw(status, "get() from " + collection->Title(), PathOf(*transaction));
  const uint64_t tid = TidBefore(*collection, static_cast<const uint8_t*>(found.mv_data));
  if (tid == 0 || (transaction->is_write() && static_cast<WriteTransaction*>(transaction)->IsOwn(tid))) {
    return FromInt32(env, kNotCommitted);
  }
  addon->control.data[kControlTid] = static_cast<uint32_t>(tid);
  addon->control.data[kControlValueLength] = static_cast<uint32_t>(found.mv_size);
  addon->control.data[kControlTidHigh] = static_cast<uint32_t>(tid >> 32);
  return FromNumber(env, transaction->environment()->states->Find(collection, tid, key));
}

// findState(environmentHandle, collection, keyOffset, keyLength, tid, tidHigh)
napi_value FindState(napi_env env, napi_callback_info info) {
  const Arguments<6> arguments(env, info);
  StateArguments state;
  if (!state.Read(arguments)) return nullptr;
  return FromNumber(env, state.environment->states->Find(state.collection, state.tid, state.key));
}

// addState(environmentHandle, collection, keyOffset, keyLength, tid, tidHigh, size)
Napi::Value AddState(const Napi::CallbackInfo& info) {
  const Arguments<7> arguments(info);
  StateArguments state;
  uint64_t size;
  if (!state.Read(arguments) || !arguments.Size(6, &size)) return {};
  const uint32_t number = state.environment->states->Add(state.collection, state.tid, state.key, size);
  return {info.Env(), FromNumber(info.Env(), number)};
}

// evictState(environmentHandle)
Napi::Value EvictState(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Environment* environment;
  if (!ReadStates(arguments, &environment)) return {};
  return {info.Env(), FromNumber(info.Env(), environment->states->Evict())};
}

// stateCounts(environment)
Napi::Value StateCounts(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  const StateTable* states = environment->core->states.get();
  return FromNumbers(info.Env(), {{"states", states == nullptr ? 0 : static_cast<double>(states->count())},
                                  {"bytes", states == nullptr ? 0 : static_cast<double>(states->bytes())}});
}

}  // namespace

Functions StateFunctions() {
  return {{"makeStates", Callback<MakeStates>},
          {"findShared", FindShared},
          {"findState", FindState},
          {"addState", Callback<AddState>},
          {"evictState", Callback<EvictState>},
          {"stateCounts", Callback<StateCounts>}};
}

}  // namespace leasehold
