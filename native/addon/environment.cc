// Opening and closing environments, and what they tell of themselves.
#include "addon/arguments.h"

namespace leasehold {
namespace {

void Finalize(napi_env env, void* data, void* hint) {
  auto* environment = static_cast<OpenEnvironment*>(data);
  if (environment->core) (void)static_cast<Addon*>(hint)->Close(environment, false);
  napi_delete_reference(env, environment->object);
  delete environment;
}

// NaN stands for an option that was not given.
template <class T, size_t N>
bool Optional(const Arguments<N>& arguments, size_t i, std::optional<T>* result) {
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

// open(path, mapSize, maxCollections, maxReaders, syncInterval, flags)
napi_value Open(napi_env env, napi_callback_info info) {
  const Arguments<6> arguments(env, info);
  Addon* addon = arguments.addon();
  std::string path;
  OpenOptions options;
  uint32_t flags;
  if (!arguments.String(0, &path) || !Optional(arguments, 1, &options.map_size) ||
      !Optional(arguments, 2, &options.max_collections) || !Optional(arguments, 3, &options.max_readers) ||
      !Optional(arguments, 4, &options.sync_interval) || !arguments.Uint32(5, &flags)) {
    return nullptr;
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
  napi_value object;
  napi_create_object(env, &object);
  if (napi_type_tag_object(env, object, &kEnvironmentTag) != napi_ok ||
      napi_wrap(env, object, opened.get(), Finalize, addon, nullptr) != napi_ok) {
    addon->environment_handles.Remove(opened->handle);
    return nullptr;
  }
  opened->windows_generation = opened->core->database()->map_generation();
  addon->environments.push_back(opened.get());
  napi_create_reference(env, object, 0, &opened->object);
  opened.release();  // to the object
  return object;
}

// lends(environment): whether its reads lend memory, by what the first that opened it wanted.
napi_value Lends(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  return FromBool(env, environment->core->database()->lends());
}

// setBudget(environment, mostHeldBytes)
napi_value SetBudget(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  OpenEnvironment* environment;
  uint64_t most;
  if (!arguments.Environment(0, &environment) || !arguments.Size(1, &most)) return nullptr;
  environment->core->most_held_bytes = most;
  return Done(env);
}

// environmentHandle(environment): what names it in readBegin, while it is open.
napi_value EnvironmentHandle(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  return FromInt32(env, environment->handle);
}

// close(environment)
napi_value Close(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  const std::string path = environment->core->database()->path();
  const Status status = arguments.addon()->Close(environment, true);
  return status.ok() ? Done(env) : arguments.addon()->Throw(status, "closed, but not synced", path.c_str());
}

napi_value FromStat(napi_env env, const MDB_stat& stat) {
  return FromProperties(env, {{"pageSize", FromDouble(env, stat.ms_psize)},
                              {"depth", FromDouble(env, stat.ms_depth)},
                              {"branchPages", FromDouble(env, static_cast<double>(stat.ms_branch_pages))},
                              {"leafPages", FromDouble(env, static_cast<double>(stat.ms_leaf_pages))},
                              {"overflowPages", FromDouble(env, static_cast<double>(stat.ms_overflow_pages))},
                              {"entries", FromDouble(env, static_cast<double>(stat.ms_entries))}});
}

// stat(environment)
napi_value EnvironmentStat(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  MDB_stat stat;
  Database* database = environment->core->database();
  const MapUse use(database);
  const int rc = mdb_env_stat(database->env(), &stat);
  return rc == 0 ? FromStat(env, stat) : arguments.addon()->Throw(Status(rc), "stat()", database->path().c_str());
}

// collectionStat(transaction, collection)
napi_value CollectionStat(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Transaction* transaction;
  Collection* collection;
  if (!arguments.AnyTransaction(0, &transaction) ||
      !arguments.Collection(1, *transaction->environment(), &collection)) {
    return nullptr;
  }
  MDB_stat stat;
  const Status status = transaction->Stat(collection, &stat);
  if (status.ok()) return FromStat(env, stat);
  return arguments.addon()->Throw(status, "stat() of " + collection->Title(), PathOf(*transaction));
}

// info(environment)
napi_value Info(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  Database* database = environment->core->database();
  MDB_envinfo details;
  database->Info(&details);
  return FromProperties(env,
                        {{"mapSize", FromDouble(env, static_cast<double>(details.me_mapsize))},
                         {"lastPage", FromDouble(env, static_cast<double>(details.me_last_pgno))},
                         {"lastTransaction", FromDouble(env, static_cast<double>(details.me_last_txnid))},
                         {"maxReaders", FromDouble(env, details.me_maxreaders)},
                         {"readers", FromDouble(env, details.me_numreaders)},
                         {"fileSize", FromDouble(env, static_cast<double>(database->file_size()))},
                         {"snapshots", FromDouble(env, static_cast<double>(environment->core->live_snapshots()))}});
}

// drainingSnapshots(environment)
napi_value DrainingSnapshots(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  return FromDouble(env, static_cast<double>(environment->core->draining_snapshots()));
}

// resize(environment, mapSize, lockTimeout)
napi_value Resize(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  OpenEnvironment* environment;
  uint64_t map_size;
  Deadline deadline;
  if (!arguments.Environment(0, &environment) || !arguments.Size(1, &map_size) || !arguments.Timeout(2, &deadline)) {
    return nullptr;
  }
  const Status status = environment->core->database()->Resize(map_size, deadline);
  if (!status.ok()) return arguments.addon()->Throw(status, "resize()", environment->core->database()->path().c_str());
  // Those of every handle of this thread. Other threads drop theirs when they next make one; no lease reads them.
  Database* database = environment->core->database();
  for (OpenEnvironment* other : arguments.addon()->environments) {
    if (other->core->database() != database) continue;
    arguments.addon()->DropWindows(other, true);
    other->windows_generation = database->map_generation();
  }
  return Done(env);
}

// allowsExternal(): whether this runtime has ArrayBuffers over memory outside of its heap. (Electron refuses them.)
napi_value AllowsExternal(napi_env env, napi_callback_info) {
  static uint8_t byte;
  napi_value buffer;
  const napi_status made = napi_create_external_arraybuffer(
      env, &byte, 1, [](napi_env, void*, void*) {}, nullptr, &buffer);
  // A byte that belongs to everybody must not be had for longer than this question.
  if (made == napi_ok) napi_detach_arraybuffer(env, buffer);
  return FromBool(env, made == napi_ok);
}

// window(environment, index, length)
napi_value Window(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Addon* addon = arguments.addon();
  OpenEnvironment* environment;
  uint32_t index;
  uint64_t length;
  if (!arguments.Environment(0, &environment) || !arguments.Uint32(1, &index) || !arguments.Size(2, &length)) {
    return nullptr;
  }
  Database* database = environment->core->database();
  const size_t begin = index * kWindowBytes;
  const size_t map_size = database->map_size();
  if (length == 0 || length > kWindowBytes || begin >= map_size) return addon->ThrowType("no such window");
  length = std::min<uint64_t>(length, map_size - begin);
  // Windows over an earlier map can have no live lease.
  if (environment->windows_generation != database->map_generation()) {
    addon->DropWindows(environment, true);
    environment->windows_generation = database->map_generation();
  }
  napi_value buffer;
  auto* memory = const_cast<uint8_t*>(database->map_base()) + begin;
  const napi_status made = napi_create_external_arraybuffer(
      env, memory, length, [](napi_env, void*, void*) {}, nullptr, &buffer);
  if (made != napi_ok) {
    return addon->Throw(
        Status(kInvalidArgument, "this runtime does not allow memory outside of its heap: open with memory: 'copy'"),
        "");
  }
  napi_ref reference;
  napi_create_reference(env, buffer, 1, &reference);
  environment->windows.push_back(reference);
  environment->window_bytes += length;
  return buffer;
}

}  // namespace

Functions EnvironmentFunctions() {
  return {{"open", Open},
          {"close", Close},
          {"environmentHandle", EnvironmentHandle},
          {"lends", Lends},
          {"setBudget", SetBudget},
          {"stat", EnvironmentStat},
          {"collectionStat", CollectionStat},
          {"info", Info},
          {"drainingSnapshots", DrainingSnapshots},
          {"resize", Resize},
          {"allowsExternal", AllowsExternal},
          {"window", Window}};
}

}  // namespace leasehold
