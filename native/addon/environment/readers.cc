// The reader slots of an environment, which all processes share.
#include <inttypes.h>

#include "addon/arguments.h"
#include "core/database/reader_slots.h"

namespace leasehold {
namespace {

Napi::Value FromReader(Napi::Env env, const leasehold_reader& reader) {
  char thread[2 * sizeof(uintptr_t) + 1];
  snprintf(thread, sizeof(thread), "%" PRIxPTR, reader.thread);
  const bool reads = reader.txn_id != LEASEHOLD_NO_TXN;
  return FromProperties(
      env, {{"pid", FromDouble(env, reader.pid)},
            {"thread", Napi::String::New(env, thread)},
            {"transaction", reads ? FromDouble(env, static_cast<double>(reader.txn_id)) : env.Undefined()}});
}

// readers(environment)
Napi::Value Readers(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  const std::vector<leasehold_reader> readers = ListReaders(environment->core->database()->env());
  std::vector<Napi::Value> result;
  result.reserve(readers.size());
  for (const leasehold_reader& reader : readers) {
    const Napi::Value object = FromReader(info.Env(), reader);
    if (object.IsEmpty()) return {};
    result.push_back(object);
  }
  return FromElements(info.Env(), result);
}

// checkReaders(environment)
Napi::Value CheckReaders(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  int dead = 0;
  const Database* database = environment->core->database();
  const int rc = mdb_reader_check(database->env(), &dead);
  if (rc == 0) return FromInt32(info.Env(), dead);
  return arguments.addon()->Throw(Status(rc), "checkReaders()", database->path().c_str());
}

}  // namespace

Functions ReaderFunctions() { return {{"readers", Callback<Readers>}, {"checkReaders", Callback<CheckReaders>}}; }

}  // namespace leasehold
