// How a Database opens the handles of its collections. See core/collection.h for why it is done here and nowhere else.
#include <string.h>

#include <algorithm>

#include "core/database.h"
#include "core/lmdb_access.h"

namespace leasehold {
namespace {

// Calls `visit(name)` for each named database that `txn` sees, until it returns an LMDB code other than 0.
template <class Visit>
int ForEachName(MDB_txn* txn, Visit visit) {
  MDB_dbi main;
  MDB_cursor* cursor;
  int rc = mdb_dbi_open(txn, nullptr, 0, &main);
  if (rc == 0) rc = mdb_cursor_open(txn, main, &cursor);
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

}  // namespace

Status Database::OpenExistingCollections() {
  const std::lock_guard lock(collections_mutex_);
  MDB_txn* txn;
  int rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
  if (rc != 0) return Status(rc);
  const auto open = [&](const char* name) {
    Collection& collection = collections_.emplace_back();
    if (name != nullptr) collection.name = name;
    MDB_dbi dbi;
    unsigned flags = 0;
    int result = mdb_dbi_open(txn, name, 0, &dbi);
    if (result == 0) result = mdb_dbi_flags(txn, dbi, &flags);
    if (result != 0) {
      collections_.pop_back();
      return result;
    }
    collection.dbi = dbi;
    collection.flags = flags;
    return 0;
  };
  std::vector<std::string> names;
  rc = open(nullptr);
  if (rc == 0) {
    rc = ForEachName(txn, [&](const std::string& name) {
      names.push_back(name);
      return 0;
    });
  }
  // Where there are more collections than handles, they are opened on demand, so that none takes the place of one that
  // is asked for; but leasehold's own is always needed.
  const bool all = names.size() <= max_collections_ + 1;
  for (const std::string& name : names) {
    if (rc == 0 && (all || name == kCatalogName)) rc = open(name.c_str());
  }
  if (rc != 0) {
    mdb_txn_abort(txn);
    return Status(rc);
  }
  return Status(mdb_txn_commit(txn));
}

Collection* Database::FindCollection(const char* name) {
  const char* wanted = name == nullptr ? "" : name;
  for (Collection& collection : collections_) {
    if (collection.name == wanted) return &collection;
  }
  return nullptr;
}

Status Database::OpenCollection(const char* name, bool create, unsigned flags, Collection** collection) {
  *collection = nullptr;
  const bool writing = writer() != nullptr;
  {
    const std::lock_guard lock(collections_mutex_);
    Collection* found = FindCollection(name);
    if (found != nullptr && !found->dropped) {
      bool present = true;
      Status status = IsPresent(*found, &present);
      if (!status.ok()) return status;
      if (present) {
        *collection = found;
        return Status();
      }
      // Another process has dropped it.
      found->dropped = true;
    }
    if (found == nullptr && !writing) {
      // Another process may have made it since this one opened the environment.
      Status status = OpenHandle(name, collection);
      if (status.code() != MDB_NOTFOUND) return status;
    }
  }
  if (!create) {
    // It was dropped here, and another process may have made it again.
    std::vector<std::string> names;
    Status status = ListCollections(&names);
    if (!status.ok() || std::find(names.begin(), names.end(), name) == names.end()) return status;
    create = true;
  }
  if (writing) {
    return Status(kBusy,
                  std::string("the collection '") + name +
                      "' is not open yet, and cannot be opened inside env.write(): call env.collection() before");
  }
  return MakeCollection(name, flags, collection);
}

Status Database::IsPresent(const Collection& collection, bool* present) {
  *present = true;
  if (collection.is_main()) return Status();
  MDB_txn* txn;
  Status status = BeginRead(&txn);
  if (!status.ok()) return status;
  *present = leasehold_has_collection(txn, collection.name.c_str(), collection.flags);
  EndRead(txn);
  return Status();
}

// The caller holds collections_mutex_.
Status Database::OpenHandle(const char* name, Collection** collection) {
  MDB_txn* txn;
  Status status = BeginRead(&txn);
  if (!status.ok()) return status;
  MDB_dbi dbi;
  unsigned flags = 0;
  int rc = mdb_dbi_open(txn, name, 0, &dbi);
  if (rc == 0) rc = mdb_dbi_flags(txn, dbi, &flags);
  if (rc != 0) {
    EndRead(txn);
    return Status(rc);
  }
  // Committing is what makes the handle one of the environment's.
  rc = mdb_txn_commit(txn);
  ReleaseMap();
  if (rc != 0) return Status(rc);
  *collection = &collections_.emplace_back();
  HandleOpened(*collection, name, dbi, flags);
  return Status();
}

Status Database::MakeCollection(const char* name, unsigned flags, Collection** collection) {
  // The write lock is waited for before collections_mutex_ is taken, so that no reader waits for a writer.
  MDB_txn* txn;
  Status status = BeginWrite(&txn);
  if (!status.ok()) return status;
  const std::lock_guard lock(collections_mutex_);
  Collection* found = FindCollection(name);
  int rc = 0;
  if (found != nullptr && found->dropped) {
    // First no new snapshot may use the handle; then there must be no old one that does.
    const uint64_t epoch = found->epoch.exchange(UINT64_MAX);
    if (MapIsHeld()) {
      found->epoch = epoch;
      status = Status(kBusy, std::string("the collection '") + name +
                                 "' was dropped while a read transaction that can see it is open: end it first");
    } else if (found->dbi != kNoHandle) {
      // Once: if making it fails now, another collection may take the slot.
      mdb_dbi_close(env_, found->dbi);
      found->dbi = kNoHandle;
    }
  }
  if (status.ok() && FindCollection(nullptr)->has_duplicates()) {
    status = Status(MDB_INCOMPATIBLE,
                    "the unnamed database has the flag MDB_DUPSORT, so that LMDB allows no named ones beside it: use "
                    "env.main");
  }
  MDB_dbi dbi;
  if (status.ok()) rc = mdb_dbi_open(txn, name, MDB_CREATE | flags, &dbi);
  if (status.ok() && rc == 0) rc = mdb_dbi_flags(txn, dbi, &flags);
  if (status.ok() && rc == 0) {
    rc = mdb_txn_commit(txn);
  } else {
    mdb_txn_abort(txn);
  }
  EndWrite();
  if (!status.ok()) return status;
  if (rc != 0) return Status(rc);
  *collection = found != nullptr ? found : &collections_.emplace_back();
  HandleOpened(*collection, name, dbi, flags);
  return Status();
}

void Database::HandleOpened(Collection* collection, const char* name, MDB_dbi dbi, unsigned flags) {
  collection->name = name;
  collection->dbi = dbi;
  collection->flags = flags;
  collection->epoch = handle_epoch_.fetch_add(1) + 1;
  collection->dropped = false;
}

Status Database::ListCollections(std::vector<std::string>* names) {
  MDB_txn* txn;
  Status status = BeginRead(&txn);
  if (!status.ok()) return status;
  const int rc = ForEachName(txn, [&](const std::string& name) {
    names->push_back(name);
    return 0;
  });
  EndRead(txn);
  return Status(rc);
}

}  // namespace leasehold
