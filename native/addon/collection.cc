// Opening collections.
#include "addon/arguments.h"

namespace leasehold {
namespace {

constexpr uint32_t kCreateFlag = 1;
constexpr uint32_t kDupSortFlag = 2;

// openCollection(environment, name, flags)
napi_value OpenCollection(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Addon* addon = arguments.addon();
  OpenEnvironment* environment;
  std::string name;
  uint32_t flags;
  const bool is_main = arguments.IsNull(1);
  if (!arguments.Environment(0, &environment) || (!is_main && !arguments.String(1, &name)) ||
      !arguments.Uint32(2, &flags)) {
    return nullptr;
  }
  if (!is_main && (name.empty() || name.find('\0') != std::string::npos)) {
    return addon->Throw(Status(kInvalidArgument, "a collection's name must not be empty or contain a NUL"), "");
  }
  const std::string tried = "cannot open " + (is_main ? "the unnamed database" : "the collection '" + name + "'");
  const char* path = environment->core->database()->path().c_str();
  Collection* collection;
  const bool create = (flags & kCreateFlag) != 0 && !environment->core->read_only();
  const unsigned made_with = (flags & kDupSortFlag) != 0 ? MDB_DUPSORT : 0;
  const Status status =
      environment->core->database()->OpenCollection(is_main ? nullptr : name.c_str(), create, made_with, &collection);
  if (!status.ok()) return addon->Throw(status, tried, path);
  if (collection == nullptr) return FromInt32(env, -1);
  for (const auto& [flag, text] : {std::pair{MDB_INTEGERKEY, "MDB_INTEGERKEY"},
                                   {MDB_REVERSEKEY, "MDB_REVERSEKEY"},
                                   {MDB_REVERSEDUP, "MDB_REVERSEDUP"},
                                   {MDB_INTEGERDUP, "MDB_INTEGERDUP"}}) {
    if ((collection->flags & flag) != 0) {
      return addon->Throw(Status(kCodec, std::string("it was made with the flag ") + text +
                                             ", which orders entries in a way that no codec here has"),
                          tried, path);
    }
  }
  if ((collection->flags & MDB_DUPFIXED) != 0 && !collection->has_duplicates()) {
    return addon->Throw(
        Status(kCodec, "it was made with the flag MDB_DUPFIXED without MDB_DUPSORT, so that it has no values"), tried,
        path);
  }
  return FromInt32(env, static_cast<int32_t>(environment->core->AddCollection(collection)));
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

// collections(environment)
napi_value ListCollections(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  std::vector<std::string> names;
  Database* database = environment->core->database();
  const Status status = database->ListCollections(&names);
  if (!status.ok()) return arguments.addon()->Throw(status, "collections()", database->path().c_str());
  std::vector<napi_value> result(names.size());
  for (size_t i = 0; i < names.size(); i++) {
    napi_create_string_utf8(env, names[i].data(), names[i].size(), &result[i]);
  }
  return FromElements(env, result);
}

}  // namespace

Functions CollectionFunctions() {
  return {{"openCollection", OpenCollection}, {"hasDuplicates", HasDuplicates}, {"collections", ListCollections}};
}

}  // namespace leasehold
