#include "core/database/collections.h"

#include <string.h>

#include <algorithm>

#include "core/lmdb/lmdb_handles.h"
#include "core/lmdb/lmdb_readers.h"

namespace leasehold {
namespace {

Status MadeAgain(const Collection& collection) {
  return Status(kNoCollection, "the collection '" + collection.name +
                                   "' was dropped and made again: use what env.collection() gives for it since");
}

}  // namespace

Status Collections::OpenMain(MDB_txn* txn) {
  MDB_dbi dbi;
  unsigned flags = 0;
  int rc = mdb_dbi_open(txn, nullptr, 0, &dbi);
  if (rc == 0) rc = mdb_dbi_flags(txn, dbi, &flags);
  if (rc != 0) return Status(rc);
  main_ = &lives_.emplace_back("", flags, 0);
  main_->dbi = dbi;
  return Status();
}

// Null if this process knows none.
Collection* Collections::LivingAt(const std::string& name, unsigned flags, uint64_t version) const {
  const auto lives = by_name_.find(name);
  if (lives == by_name_.end()) return nullptr;
  const auto found = std::find_if(lives->second.rbegin(), lives->second.rend(), [&](const Collection* life) {
    return life->flags == flags && life->LivesAt(version);
  });
  return found == lives->second.rend() ? nullptr : *found;
}

Collection* Collections::AddLife(const std::string& name, unsigned flags, uint64_t since) {
  Collection* added = &lives_.emplace_back(name, flags, since);
  by_name_[name].push_back(added);
  return added;
}

Status Collections::Find(MDB_txn* txn, const char* name, Collection** collection) {
  *collection = nullptr;
  unsigned flags;
  const int rc = leasehold_find_collection(txn, name, &flags);
  if (rc == MDB_NOTFOUND) return Status();
  if (rc != 0) return Status(rc);
  const uint64_t version = mdb_txn_id(txn);
  const std::lock_guard lock(mutex_);
  *collection = LivingAt(name, flags, version);
  if (*collection != nullptr) return Status();
  // Another process made the collection, after this process has dropped those of that name that it knows.
  uint64_t since = 0;
  for (const Collection* life : by_name_[name]) {
    if (life->until <= version) since = std::max(since, life->until.load());
  }
  *collection = AddLife(name, flags, since);
  return Status();
}

Status Collections::Use(MDB_txn* txn, Collection* collection, SeenCollections* seen, MDB_dbi* dbi, bool* absent) {
  *absent = true;
  const uint64_t version = mdb_txn_id(txn);
  if (version < collection->oldest()) return Status();
  unsigned flags = 0;
  if (collection->is_main()) {
    const int rc = mdb_dbi_flags(txn, kMainHandle, &flags);
    if (rc != 0) return Status(rc);
    // LMDB would compare values by the order that it took down for this handle.
    if (((flags ^ collection->flags) & MDB_DUPSORT) != 0) {
      return Status(MDB_INCOMPATIBLE,
                    "another program has changed the flags of the unnamed database: open the environment again");
    }
  } else {
    int rc = leasehold_find_collection(txn, collection->name.c_str(), &flags);
    if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE) return Status();
    if (rc != 0) return Status(rc);
    if (flags != collection->FlagsAt(version) || version >= collection->until) return MadeAgain(*collection);
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
Status Collections::OpenHandle(Collection* collection) {
  if (collection->dbi != kNoHandle) return Status();
  const std::lock_guard lock(mutex_);
  if (collection->dbi != kNoHandle) return Status();
  for (const Collection* life : by_name_[collection->name]) {
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
// a transaction that sees a collection uses its handle. kNoHandle if there are none.
MDB_dbi Collections::GiveUpHandle() {
  const uint64_t oldest = leasehold_oldest_read(env_);
  std::vector<bool> used(next_handle_);
  for (const Collection& collection : lives_) {
    if (collection.until > oldest) used[collection.dbi] = true;
  }
  MDB_dbi dbi = kFirstHandle;
  while (dbi < next_handle_ && used[dbi]) dbi++;
  if (dbi == next_handle_) return kNoHandle;
  for (Collection& collection : lives_) {
    if (collection.dbi == dbi) collection.dbi = kNoHandle;
  }
  return dbi;
}

Status Collections::List(MDB_txn* txn, std::vector<std::string>* names) {
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn, kMainHandle, &cursor);
  if (rc != 0) return Status(rc);
  MDB_val key;
  MDB_val data;
  while ((rc = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) == 0) {
    // A name with a NUL cannot be opened by any LMDB tool.
    if (!leasehold_is_collection(cursor) || memchr(key.mv_data, '\0', key.mv_size) != nullptr) continue;
    names->emplace_back(static_cast<const char*>(key.mv_data), key.mv_size);
  }
  mdb_cursor_close(cursor);
  return rc == MDB_NOTFOUND ? Status() : Status(rc);
}

Collection* Collections::BeginLife(const char* name, unsigned flags, uint64_t version,
                                   std::vector<CollectionChange>* changes) {
  const std::lock_guard lock(mutex_);
  // Dropped by another process.
  for (Collection* life : by_name_[name]) {
    if (life->LivesAt(version)) EndLife(life, version, changes);
  }
  Collection* made = AddLife(name, flags, version);
  changes->push_back({made, version});
  return made;
}

void Collections::EndLife(Collection* collection, uint64_t version, std::vector<CollectionChange>* changes) {
  changes->push_back({collection, collection->until});
  collection->until = version;
}

void Collections::UndoLives(const std::vector<CollectionChange>& changes) {
  // A collection that was made by a transaction that is rolled back lives at no version from now on.
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    change->collection->until = change->until;
  }
}

}  // namespace leasehold
