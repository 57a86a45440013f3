// Opens and closes environments, and returns their statistics.
#include <cmath>

#include "addon/arguments.h"
#include "addon/stat.h"

namespace leasehold {
namespace {

void Finalize(napi_env, void* data, void* hint) {
  auto* environment = static_cast<OpenEnvironment*>(data);
  if (environment->core) (void)static_cast<Addon*>(hint)->Close(environment, false);
  delete environment;
}

// Reads an option. NaN means that it was not given.
template <class T>
bool Optional(const ArgumentReader& arguments, size_t i, std::optional<T>* result) {
  double number;
  if (!arguments.Number(i, &number)) return false;
  if (std::isnan(number)) return true;
  uint64_t size;
  if (!arguments.Size(i, &size)) return false;
  if (size > std::numeric_limits<T>::max()) return arguments.Fail(i, "a smaller number");
  *result = static_cast<T>(size);
  return true;
}

Durability ToDurability(uint32_t flags) {
  if ((flags & kOpenNoMetasync) != 0) return Durability::kNoMetaSync;
  if ((flags & kOpenNoSync) != 0) return Durability::kNoSync;
  return (flags & kOpenPeriodic) != 0 ? Durability::kPeriodic : Durability::kSync;
}

// open(path, mapSize, maxCollections, maxReaders, syncInterval, changesCount, changesBytes, flags)
Napi::Value Open(const Napi::CallbackInfo& info) {
  const Arguments<8> arguments(info);
  Addon* addon = arguments.addon();
  std::string path;
  OpenOptions options;
  uint32_t flags;
  if (!arguments.String(0, &path) || !Optional(arguments, 1, &options.map_size) ||
      !Optional(arguments, 2, &options.max_collections) || !Optional(arguments, 3, &options.max_readers) ||
      !Optional(arguments, 4, &options.sync_interval) || !Optional(arguments, 5, &options.changes_count) ||
      !Optional(arguments, 6, &options.changes_bytes) || !arguments.Uint32(7, &flags)) {
    return {};
  }
  options.read_only = (flags & kOpenReadOnly) != 0;
  if ((flags & kOpenDurabilityGiven) != 0) options.durability = ToDurability(flags);
  if ((flags & kOpenLockGiven) != 0) options.locks = (flags & kOpenNoLock) == 0;
  options.lends = (flags & kOpenCopy) == 0;
  options.lends_given = (flags & kOpenMemoryGiven) != 0;
  auto opened = std::make_unique<OpenEnvironment>();
  const Status status = Environment::Open(path, options, &opened->core);
  if (!status.ok()) return addon->Throw(status, "cannot open '" + path + "'", path.c_str());
  opened->handle = addon->environment_handles.Add(std::make_unique<OpenEnvironment*>(opened.get()));
  if (opened->handle < 0)
    return addon->Throw(Status(kBusy, "too many environments are open in this thread: close some"), "");
  // Raw Node-API: node-addon-api wraps only objects of its own classes, and a program could call such a class. An
  // External does not work either: in Node 24 and later, the process ends if one becomes the prototype of an object.
  const Napi::Object object = Napi::Object::New(info.Env());
  if (napi_type_tag_object(info.Env(), object, &kEnvironmentTag) != napi_ok ||
      napi_wrap(info.Env(), object, opened.get(), Finalize, addon, nullptr) != napi_ok) {
    addon->environment_handles.Remove(opened->handle);
    return {};
  }
  OpenEnvironment* environment = opened.release();  // to the object
  environment->windows_generation = environment->core->database()->map().generation();
  environment->object = Napi::Weak(object);
  addon->environments.push_back(environment);
  return object;
}

// lends(environment): whether reads lend memory. The first handle that opened the environment has decided this.
Napi::Value Lends(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  return FromBool(info.Env(), environment->core->database()->lends());
}

// setBudget(environment, mostHeldBytes)
Napi::Value SetBudget(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  OpenEnvironment* environment;
  uint64_t most;
  if (!arguments.Environment(0, &environment) || !arguments.Size(1, &most)) return {};
  environment->core->most_held_bytes = most;
  return Done(info.Env());
}

// environmentHandle(environment): the handle by which readBegin knows an open environment.
Napi::Value EnvironmentHandle(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  return FromInt32(info.Env(), environment->handle);
}

// close(environment)
Napi::Value Close(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  const std::string path = environment->core->database()->path();
  const Status status = arguments.addon()->Close(environment, true);
  return status.ok() ? Done(info.Env()) : arguments.addon()->Throw(status, "closed, but not synced", path.c_str());
}

// stat(environment)
Napi::Value EnvironmentStat(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  MDB_stat stat;
  Database* database = environment->core->database();
  const MapUse use(&database->map());
  const int rc = mdb_env_stat(database->env(), &stat);
  return rc == 0 ? FromStat(info.Env(), stat)
                 : arguments.addon()->Throw(Status(rc), "stat()", database->path().c_str());
}

// info(environment)
Napi::Value Info(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  Database* database = environment->core->database();
  MDB_envinfo details;
  database->Info(&details);
  return FromNumbers(info.Env(), {{"mapSize", details.me_mapsize},
                                  {"lastPage", details.me_last_pgno},
                                  {"lastTransaction", details.me_last_txnid},
                                  {"maxReaders", details.me_maxreaders},
                                  {"readers", details.me_numreaders},
                                  {"fileSize", database->files().data_size()},
                                  {"snapshots", environment->core->live_snapshots()}});
}

// lastTransaction(environment)
Napi::Value LastTransaction(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  return FromDouble(info.Env(), static_cast<double>(environment->core->database()->last_transaction()));
}

// drainingSnapshots(environment)
Napi::Value DrainingSnapshots(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  return FromDouble(info.Env(), static_cast<double>(environment->core->draining_snapshots()));
}

// resize(environment, mapSize, lockTimeout)
Napi::Value Resize(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  OpenEnvironment* environment;
  uint64_t map_size;
  Deadline deadline;
  if (!arguments.Environment(0, &environment) || !arguments.Size(1, &map_size) || !arguments.Timeout(2, &deadline)) {
    return {};
  }
  const Status status = environment->core->database()->Resize(map_size, deadline);
  if (!status.ok()) return arguments.addon()->Throw(status, "resize()", environment->core->database()->path().c_str());
  // Drops the windows of all handles of this thread. Other threads drop theirs when they next make one. No lease reads
  // those windows.
  Database* database = environment->core->database();
  for (OpenEnvironment* other : arguments.addon()->environments) {
    if (other->core->database() != database) continue;
    arguments.addon()->DropWindows(other, true);
    other->windows_generation = database->map().generation();
  }
  return Done(info.Env());
}

}  // namespace

Functions EnvironmentFunctions() {
  return {{"open", Callback<Open>},
          {"close", Callback<Close>},
          {"environmentHandle", Callback<EnvironmentHandle>},
          {"lends", Callback<Lends>},
          {"setBudget", Callback<SetBudget>},
          {"stat", Callback<EnvironmentStat>},
          {"info", Callback<Info>},
          {"lastTransaction", Callback<LastTransaction>},
          {"drainingSnapshots", Callback<DrainingSnapshots>},
          {"resize", Callback<Resize>}};
}

}  // namespace leasehold
