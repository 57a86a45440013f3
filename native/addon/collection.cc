// Finding, making and listing collections.
#include "addon/arguments.h"

namespace leasehold {
namespace {

// False, with an exception pending, for a collection that no codec can serve.
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
  if ((collection.flags & MDB_DUPFIXED) != 0 && !collection.has_duplicates()) {
    addon->Throw(Status(kCodec, "it was made with the flag MDB_DUPFIXED without MDB_DUPSORT, so that it has no values"),
                 tried, path);
    return false;
  }
  return true;
}

// findCollection(transaction, name)
napi_value FindCollection(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  std::string name;
  const bool is_main = arguments.IsNull(1);
  if (!arguments.AnyTransaction(0, &transaction) || (!is_main && !arguments.String(1, &name))) return nullptr;
  const std::string tried = "cannot open " + (is_main ? "the unnamed database" : "the collection '" + name + "'");
  Collection* collection = transaction->database()->main();
  const Status status = is_main ? Status() : transaction->FindCollection(name.c_str(), &collection);
  if (!status.ok()) return addon->Throw(status, tried, PathOf(*transaction));
  if (collection == nullptr) return FromInt32(env, -1);
  if (!CheckFlags(addon, *collection, tried, PathOf(*transaction))) return nullptr;
  return FromInt32(env, static_cast<int32_t>(transaction->environment()->AddCollection(collection)));
}

// makeCollection(transaction, name, flags)
napi_value MakeCollection(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Addon* addon = arguments.addon();
  WriteTransaction* transaction;
  std::string name;
  uint32_t flags;
  if (!arguments.Write(0, &transaction) || !arguments.String(1, &name) || !arguments.Uint32(2, &flags)) return nullptr;
  if (name.empty() || name.find('\0') != std::string::npos) {
    return addon->Throw(Status(kInvalidArgument, "a collection's name must not be empty or contain a NUL"), "");
  }
  addon->BeginChange();
  Collection* collection;
  const Status status =
      transaction->MakeCollection(name.c_str(), (flags & kCollectionDupsort) != 0 ? MDB_DUPSORT : 0, &collection);
  if (!status.ok()) return ThrowFailed(addon, *transaction, status, "cannot make the collection '" + name + "'");
  return FromInt32(env, static_cast<int32_t>(transaction->environment()->AddCollection(collection)));
}

// hasDuplicates(environment, collection)
napi_value HasDuplicates(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  OpenEnvironment* environment;
  Collection* collection;
  if (!arguments.Environment(0, &environment) || !arguments.Collection(1, *environment->core, &collection)) {
    return nullptr;
  }
  return FromBool(env, collection->has_duplicates());
}

// collections(transaction)
napi_value ListCollections(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Transaction* transaction;
  if (!arguments.AnyTransaction(0, &transaction)) return nullptr;
  std::vector<std::string> names;
  const Status status = Database::ListCollections(transaction->txn(), &names);
  if (!status.ok()) return arguments.addon()->Throw(status, "collections()", PathOf(*transaction));
  std::vector<napi_value> result(names.size());
  for (size_t i = 0; i < names.size(); i++) {
    napi_create_string_utf8(env, names[i].data(), names[i].size(), &result[i]);
  }
  return FromElements(env, result);
}

}  // namespace

Functions CollectionFunctions() {
  return {{"findCollection", FindCollection},
          {"makeCollection", MakeCollection},
          {"hasDuplicates", HasDuplicates},
          {"collections", ListCollections}};
}

}  // namespace leasehold
