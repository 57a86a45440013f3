// The collections of a Database, and the handles by which LMDB knows them.
//
// A handle of LMDB's stands for a name. mdb_dbi_open opens one inside a transaction, for those that begin later, and
// two transactions must not do so at once. Here a handle is only taken (leasehold_open_handle), with no transaction at
// all, and each transaction looks up by itself what it stands for there, when it first uses it (leasehold_use_handle).
// So any transaction can use any handle, however old it is; a collection can be made, dropped and made again in one
// transaction; and a rollback has nothing to undo but the life of the Collection.
#include <string.h>

#include <algorithm>

#include "core/lmdb/lmdb_access.h"
#include "core/store/database.h"

namespace leasehold {
namespace {

// Calls `visit(name)` for each named database that `txn` sees, until it returns an LMDB code other than 0.
template <class Visit>
int ForEachName(MDB_txn* txn, Visit visit) {
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn, kMainHandle, &cursor);
  if (rc != 0) return rc;
  MDB_val key;
  MDB_val data;
  while ((rc = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) == 0) {
    // A name with a NUL cannot be opened by any LMDB tool.
    if (!leasehold_is_collection(cursor) || memchr(key.mv_data, '\0', key.mv_size) != nullptr) continue;
    rc = visit(std::string(static_cast<const char*>(key.mv_data), key.mv_size));
    if (rc != 0) break;
  }
  mdb_cursor_close(cursor);
  return rc == MDB_NOTFOUND ? 0 : rc;
}

Status MadeAgain(const Collection& collection) {
  return Status(kNoCollection, "the collection '" + collection.name +
                                   "' was dropped and made again: use what env.collection() gives for it since");
}

}  // namespace

Status Database::OpenMain() {
  MDB_txn* txn;
  Status status = BeginRead(&txn);
  if (!status.ok()) return status;
  MDB_dbi dbi;
  unsigned flags = 0;
  int rc = mdb_dbi_open(txn, nullptr, 0, &dbi);
  if (rc == 0) rc = mdb_dbi_flags(txn, dbi, &flags);
  EndRead(txn);
  if (rc != 0) return Status(rc);
  main_ = &collections_.emplace_back("", flags, 0);
  main_->dbi = dbi;
  return Status();
}

// The caller holds collections_mutex_. Null if this process knows none.
Collection* Database::LivingAt(const std::string& name, unsigned flags, uint64_t version) const {
  const auto lives = lives_.find(name);
  if (lives == lives_.end()) return nullptr;
  const auto found = std::find_if(lives->second.rbegin(), lives->second.rend(), [&](const Collection* life) {
    return life->flags == flags && life->LivesAt(version);
  });
  return found == lives->second.rend() ? nullptr : *found;
}

// The caller holds collections_mutex_.
Collection* Database::AddLife(const std::string& name, unsigned flags, uint64_t since) {
  Collection* added = &collections_.emplace_back(name, flags, since);
  lives_[name].push_back(added);
  return added;
}

Status Database::FindCollection(MDB_txn* txn, const char* name, Collection** collection) {
  *collection = nullptr;
  unsigned flags;
  const int rc = leasehold_find_collection(txn, name, &flags);
  if (rc == MDB_NOTFOUND) return Status();
  if (rc != 0) return Status(rc);
  const uint64_t version = mdb_txn_id(txn);
  const std::lock_guard lock(collections_mutex_);
  *collection = LivingAt(name, flags, version);
  if (*collection != nullptr) return Status();
  // Another process made it. What this one has dropped was another.
  uint64_t since = 0;
  for (const Collection* life : lives_[name]) {
    if (life->until <= version) since = std::max(since, life->until.load());
  }
  *collection = AddLife(name, flags, since);
  return Status();
}

Status Database::UseCollection(MDB_txn* txn, Collection* collection, SeenCollections* seen, MDB_dbi* dbi,
                               bool* absent) {
  *absent = true;
  const uint64_t version = mdb_txn_id(txn);
  if (version < collection->since) return Status();
  unsigned flags = 0;
  if (collection->is_main()) {
    const int rc = mdb_dbi_flags(txn, kMainHandle, &flags);
    if (rc != 0) return Status(rc);
    // LMDB would go by the order of the values that it took down for this handle.
    if (((flags ^ collection->flags) & MDB_DUPSORT) != 0) {
      return Status(MDB_INCOMPATIBLE,
                    "another program has changed the flags of the unnamed database: open the environment again");
    }
  } else {
    int rc = leasehold_find_collection(txn, collection->name.c_str(), &flags);
    if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE) return Status();
    if (rc != 0) return Status(rc);
    if (flags != collection->flags || version >= collection->until) return MadeAgain(*collection);
    Status status = OpenHandle(collection);
    if (!status.ok()) return status;
    rc = leasehold_use_handle(txn, collection->dbi);
    if (rc != 0) return Status(rc);
  }
  *dbi = collection->dbi;
  *absent = false;
  seen->Add(collection, *dbi);
  return Status();
}

// All lives with the same flags share the handle of their name.
Status Database::OpenHandle(Collection* collection) {
  if (collection->dbi != kNoHandle) return Status();
  const std::lock_guard lock(collections_mutex_);
  if (collection->dbi != kNoHandle) return Status();
  for (const Collection* life : lives_[collection->name]) {
    if (life->flags != collection->flags || life->dbi == kNoHandle) continue;
    collection->dbi = life->dbi.load();
    return Status();
  }
  MDB_dbi dbi = next_handle_;
  int rc = leasehold_open_handle(env_, dbi, collection->name.c_str(), collection->flags);
  if (rc == MDB_DBS_FULL && (dbi = GiveUpHandle()) != kNoHandle) {
    rc = leasehold_open_handle(env_, dbi, collection->name.c_str(), collection->flags);
  }
  if (rc != 0) return Status(rc);
  collection->dbi = dbi;
  next_handle_ = std::max(next_handle_, dbi + 1);
  return Status();
}

// Takes the handle from collections that were dropped before any version that this process can still read, since only
// a transaction that sees a collection uses its handle. kNoHandle if there are none. The caller holds
// collections_mutex_.
MDB_dbi Database::GiveUpHandle() {
  const uint64_t oldest = leasehold_oldest_read(env_);
  std::vector<bool> used(next_handle_);
  for (const Collection& collection : collections_) {
    if (collection.until > oldest) used[collection.dbi] = true;
  }
  MDB_dbi dbi = kFirstHandle;
  while (dbi < next_handle_ && used[dbi]) dbi++;
  if (dbi == next_handle_) return kNoHandle;
  for (Collection& collection : collections_) {
    if (collection.dbi == dbi) collection.dbi = kNoHandle;
  }
  return dbi;
}

Status Database::ListCollections(MDB_txn* txn, std::vector<std::string>* names) {
  return Status(ForEachName(txn, [&](const std::string& name) {
    names->push_back(name);
    return 0;
  }));
}

Collection* Database::BeginLife(const char* name, unsigned flags, uint64_t version,
                                std::vector<CollectionChange>* changes) {
  const std::lock_guard lock(collections_mutex_);
  // Dropped by another process.
  for (Collection* life : lives_[name]) {
    if (life->LivesAt(version)) EndLife(life, version, changes);
  }
  Collection* made = AddLife(name, flags, version);
  changes->push_back({made, version});
  return made;
}

void Database::EndLife(Collection* collection, uint64_t version, std::vector<CollectionChange>* changes) {
  changes->push_back({collection, collection->until});
  collection->until = version;
}

void Database::UndoLives(const std::vector<CollectionChange>& changes) {
  // What was made in a transaction that was rolled back lives at no version.
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    change->collection->until = change->until;
  }
}

}  // namespace leasehold
