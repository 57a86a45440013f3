// Finds, makes and lists collections, and returns their statistics.
#include "addon/arguments.h"
#include "addon/stat.h"

namespace leasehold {
namespace {

constexpr struct {
  uint32_t here;
  unsigned stored;
} kFlags[] = {{kCollectionDupsort, MDB_DUPSORT},
              {kCollectionVersions, kVersionsFlag},
              {kCollectionExpires, kExpiresFlag},
              {kCollectionAnyKeys, kAnyKeysFlag}};

unsigned ToStoredFlags(uint32_t flags) {
  unsigned stored = 0;
  for (const auto& flag : kFlags) stored |= (flags & flag.here) != 0 ? flag.stored : 0;
  return stored;
}

uint32_t FromStoredFlags(unsigned stored) {
  uint32_t flags = 0;
  for (const auto& flag : kFlags) flags |= (stored & flag.stored) != 0 ? flag.here : 0;
  return flags;
}

// False, with an exception pending, for a collection with flags of LMDB that no codec supports.
bool CheckFlags(Addon* addon, const Collection& collection, const std::string& tried, const char* path) {
  for (const auto& [flag, text] : {std::pair{MDB_INTEGERKEY, "MDB_INTEGERKEY"},
                                   {MDB_REVERSEKEY, "MDB_REVERSEKEY"},
                                   {MDB_REVERSEDUP, "MDB_REVERSEDUP"},
                                   {MDB_INTEGERDUP, "MDB_INTEGERDUP"}}) {
    if ((collection.flags & flag) == 0) continue;
    addon->Throw(Status(kCodec, std::string("it was made with the flag ") + text +
                                    ", which orders entries in a way that no codec here has"),
                 tried, path);
    return false;
  }
  constexpr unsigned kKnownFlags = MDB_DUPSORT | MDB_DUPFIXED | kOwnFlags;
  if ((collection.flags & ~kKnownFlags) != 0 || (collection.has_duplicates() && (collection.flags & kOwnFlags) != 0)) {
    addon->Throw(Status(kCodec, "it was made with flags that this version does not know (" +
                                    std::to_string(collection.flags) + "): a newer version of leasehold may read it"),
                 tried, path);
    return false;
  }
  if ((collection.flags & MDB_DUPFIXED) != 0 && !collection.has_duplicates()) {
    addon->Throw(Status(kCodec, "it was made with the flag MDB_DUPFIXED without MDB_DUPSORT, so that it has no values"),
                 tried, path);
    return false;
  }
  return true;
}

// findCollection(transaction, name)
Napi::Value FindCollection(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  std::string name;
  const bool is_main = arguments.IsNull(1);
  if (!arguments.AnyTransaction(0, &transaction) || (!is_main && !arguments.String(1, &name))) return {};
  const std::string tried = "cannot open " + (is_main ? "the unnamed database" : "the collection '" + name + "'");
  Collection* collection = transaction->database()->collections().main();
  const Status status = is_main ? Status() : transaction->FindCollection(name.c_str(), &collection);
  if (!status.ok()) return addon->Throw(status, tried, PathOf(*transaction));
  if (collection == nullptr) return FromInt32(info.Env(), -1);
  if (!CheckFlags(addon, *collection, tried, PathOf(*transaction))) return {};
  return FromInt32(info.Env(), static_cast<int32_t>(transaction->environment()->AddCollection(collection)));
}

// makeCollection(transaction, name, flags)
Napi::Value MakeCollection(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  Addon* addon = arguments.addon();
  WriteTransaction* transaction;
  std::string name;
  uint32_t flags;
  if (!arguments.Write(0, &transaction) || !arguments.String(1, &name) || !arguments.Uint32(2, &flags)) return {};
  if (name.empty() || name.find('\0') != std::string::npos) {
    return addon->Throw(Status(kInvalidArgument, "a collection's name must not be empty or contain a NUL"), "");
  }
  addon->BeginChange();
  Collection* collection;
  const Status status = transaction->MakeCollection(name.c_str(), ToStoredFlags(flags), &collection);
  if (!status.ok()) return ThrowFailed(addon, *transaction, status, "cannot make the collection '" + name + "'");
  return FromInt32(info.Env(), static_cast<int32_t>(transaction->environment()->AddCollection(collection)));
}

// restoreFlags(transaction, collection, flags)
Napi::Value RestoreFlags(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  Addon* addon = arguments.addon();
  WriteTransaction* transaction;
  Collection* collection;
  uint32_t flags;
  if (!arguments.Write(0, &transaction) || !arguments.Collection(1, *transaction->environment(), &collection) ||
      !arguments.Uint32(2, &flags)) {
    return {};
  }
  addon->BeginChange();
  Collection* restored;
  const Status status = transaction->RestoreFlags(collection, ToStoredFlags(flags), &restored);
  if (!status.ok()) return ThrowFailed(addon, *transaction, status, "cannot open " + collection->Title());
  return FromInt32(info.Env(), static_cast<int32_t>(transaction->environment()->AddCollection(restored)));
}

// collectionFlags(environment, collection)
Napi::Value CollectionFlags(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  OpenEnvironment* environment;
  Collection* collection;
  if (!arguments.Environment(0, &environment) || !arguments.Collection(1, *environment->core, &collection)) {
    return {};
  }
  return FromInt32(info.Env(), static_cast<int32_t>(FromStoredFlags(collection->flags)));
}

// collections(transaction)
Napi::Value ListCollections(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Transaction* transaction;
  if (!arguments.AnyTransaction(0, &transaction)) return {};
  std::vector<std::string> names;
  const Status status = Collections::List(transaction->txn(), &names);
  if (!status.ok()) return arguments.addon()->Throw(status, "collections()", PathOf(*transaction));
  std::vector<Napi::Value> result;
  result.reserve(names.size());
  for (const std::string& name : names) result.push_back(Napi::String::New(info.Env(), name));
  return FromElements(info.Env(), result);
}

// collectionStat(transaction, collection)
Napi::Value CollectionStat(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Transaction* transaction;
  Collection* collection;
  if (!arguments.AnyTransaction(0, &transaction) ||
      !arguments.Collection(1, *transaction->environment(), &collection)) {
    return {};
  }
  MDB_stat stat;
  const Status status = transaction->Stat(collection, &stat);
  if (status.ok()) return FromStat(info.Env(), stat);
  return arguments.addon()->Throw(status, "stat() of " + collection->Title(), PathOf(*transaction));
}

}  // namespace

Functions CollectionFunctions() {
  return {{"findCollection", Callback<FindCollection>}, {"makeCollection", Callback<MakeCollection>},
          {"restoreFlags", Callback<RestoreFlags>},     {"collectionFlags", Callback<CollectionFlags>},
          {"collections", Callback<ListCollections>},   {"collectionStat", Callback<CollectionStat>}};
}

}  // namespace leasehold
