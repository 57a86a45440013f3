#include "core/store/transaction.h"

#include "core/expiry/expiry.h"
#include "core/keys/stored_key.h"
#include "core/lmdb/lmdb_get.h"
#include "core/transact/overlay.h"
#include "core/versions/header.h"

namespace leasehold {

Status Transaction::GetOptimistic(Collection* collection, Slice key, MDB_val* value) {
  Status status = CheckKeySize(*collection, key);
  return status.ok() ? overlay_->Get(collection, key, value) : status;
}

Status Transaction::GetStored(Collection* collection, Slice key, MDB_val* value) {
  Status status = CheckKeySize(*collection, key);
  if (!status.ok()) return status;
  MDB_dbi dbi;
  bool absent;
  status = Resolve(collection, &dbi, &absent);
  if (!status.ok()) return status;
  if (absent) return Status(MDB_NOTFOUND);
  MDB_val wanted = ToVal(key);
  if (collection->is_plain()) [[likely]]
    return Status(leasehold_get(txn(), dbi, &wanted, value));
  const int rc =
      collection->has_any_keys() ? FindStored(txn(), dbi, key, value) : leasehold_get(txn(), dbi, &wanted, value);
  if (rc != 0 || !SkipHeader(collection->header_bytes, value)) return Status(rc != 0 ? rc : MDB_CORRUPTED);
  if (!collection->expires()) return Status();
  return Status(IsExpired(TimeBefore(static_cast<const uint8_t*>(value->mv_data)), CurrentTime()) ? MDB_NOTFOUND : 0);
}

Status Transaction::Expires(Collection* collection, Slice key, uint64_t* time, bool* found) {
  *found = false;
  if (!collection->expires()) return Status(kInvalidArgument, "it was made without expires: true");
  MDB_val value;
  Status status = Get(collection, key, &value);
  if (status.code() == MDB_NOTFOUND) return Status();
  *found = status.ok();
  if (*found) *time = TimeBefore(static_cast<const uint8_t*>(value.mv_data));
  return status;
}

Status Transaction::Version(Collection* collection, Slice key, uint64_t* tid) {
  *tid = 0;
  if (!collection->has_versions()) return Status(kInvalidArgument, "it was made without versions: true");
  MDB_val value;
  Status status = Get(collection, key, &value);
  if (status.code() == MDB_NOTFOUND) return Status();
  if (status.ok()) *tid = TidBefore(*collection, static_cast<const uint8_t*>(value.mv_data));
  return status;
}

Status Transaction::HasPair(Collection* collection, Slice key, Slice value, bool* found) {
  *found = false;
  MDB_dbi dbi;
  bool absent;
  Status status = CheckKeySize(*collection, key);
  if (status.ok()) status = CheckHasDuplicates(*collection);
  if (status.ok() && overlay_ != nullptr) {
    Overlay::Work* work;
    status = overlay_->Use(collection, &work);
  }
  if (status.ok()) status = Resolve(collection, &dbi, &absent);
  if (!status.ok() || absent) return status;
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn(), dbi, &cursor);
  if (rc != 0) return Status(rc);
  MDB_val k = ToVal(key);
  MDB_val v = ToVal(value);
  rc = mdb_cursor_get(cursor, &k, &v, MDB_GET_BOTH);
  mdb_cursor_close(cursor);
  *found = rc == 0;
  // LMDB cannot look for an empty value among several.
  return rc == MDB_NOTFOUND || rc == MDB_BAD_VALSIZE ? Status() : Status(rc);
}

Status Transaction::CheckHasDuplicates(const Collection& collection) {
  if (collection.has_duplicates()) return Status();
  return Status(kInvalidArgument, "its keys have one value each: it was made without dupSort");
}

Status Transaction::CheckUnusualKeySize(const Collection& collection, size_t size) const {
  if (collection.has_any_keys()) {
    if (size <= kMostAnyKeyBytes) return Status();
    return Status(kKeySize, "a key must have at most " + std::to_string(kMostAnyKeyBytes) + " bytes; this one has " +
                                std::to_string(size));
  }
  return Status(kKeySize, "a key must have from 1 to " + std::to_string(most_key_bytes()) + " bytes; this one has " +
                              std::to_string(size) + ". A collection made with `keys: 'any'` takes others");
}

Status Transaction::Stat(Collection* collection, MDB_stat* stat) {
  MDB_dbi dbi;
  bool absent;
  Status status = Resolve(collection, &dbi, &absent);
  if (!status.ok()) return status;
  *stat = MDB_stat{};
  mdb_env_stat(database()->env(), stat);
  const unsigned page_size = stat->ms_psize;
  *stat = MDB_stat{};
  stat->ms_psize = page_size;
  if (absent) return Status();
  // Reading an entry makes LMDB read the collection's record of this version; mdb_stat alone does not say if it is
  // absent.
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn(), dbi, &cursor);
  if (rc != 0) return Status(rc);
  MDB_val key;
  MDB_val value;
  rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  mdb_cursor_close(cursor);
  if (rc == MDB_NOTFOUND) return Status();
  return Status(rc != 0 ? rc : mdb_stat(txn(), dbi, stat));
}

Status Transaction::FindCollection(const char* name, Collection** collection) {
  Status status = database_->collections().Find(txn(), name, collection);
  if (!status.ok() || *collection == nullptr) return status;
  MDB_dbi dbi;
  bool absent;
  return Resolve(*collection, &dbi, &absent);
}

}  // namespace leasehold
