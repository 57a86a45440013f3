// How a write transaction changes a collection whose keys can have several values (MDB_DUPSORT). An entry there is a
// pair of a key and a value, and a key's values are in order.
#include "core/store/write_transaction.h"

namespace leasehold {
namespace {

using Cursor = std::unique_ptr<MDB_cursor, decltype(&mdb_cursor_close)>;

int OpenCursor(MDB_txn* txn, MDB_dbi dbi, Cursor* cursor) {
  MDB_cursor* opened;
  const int rc = mdb_cursor_open(txn, dbi, &opened);
  if (rc == 0) cursor->reset(opened);
  return rc;
}

// Whether LMDB can store a value beside the first one of its key. LMDB checks neither of these, and would damage the
// page.
Status CheckBeside(const MDB_val& first, Slice value, bool same_key, bool fixed_size) {
  if (same_key && first.mv_size == 0) {
    return Status(kValueSize,
                  "the key has an empty value, which another program stored and beside which LMDB keeps no others: "
                  "delete the key first");
  }
  if (fixed_size && first.mv_size != value.size) {
    return Status(kValueSize, "the value has " + std::to_string(value.size) +
                                  " bytes; the collection was made with the flag MDB_DUPFIXED, and its values have " +
                                  std::to_string(first.mv_size));
  }
  return Status();
}

}  // namespace

Status WriteTransaction::CheckPairSize(Slice value) const {
  const auto limit = static_cast<size_t>(mdb_env_get_maxkeysize(database()->env()));
  if (value.size > 0 && value.size <= limit) return Status();
  return Status(kValueSize, "a value of a dupSort collection must have from 1 to " + std::to_string(limit) +
                                " bytes; this one has " + std::to_string(value.size));
}

// A pair that exists is not written again: LMDB would make room for it a second time.
Status WriteTransaction::PutPair(const Change& change, MDB_dbi dbi, uint64_t* answer) {
  Status status = CheckPairSize(change.value);
  if (!status.ok()) return status;
  Cursor cursor(nullptr, mdb_cursor_close);
  int rc = OpenCursor(txn_, dbi, &cursor);
  if (rc != 0) return Doom(rc, "put into", *change.collection);
  const bool fixed_size = (change.collection->flags & MDB_DUPFIXED) != 0;
  MDB_val k = ToVal(change.key);
  MDB_val v;
  rc = mdb_cursor_get(cursor.get(), &k, &v, MDB_SET);
  const bool same_key = rc == 0;
  if (rc == MDB_NOTFOUND && fixed_size) rc = mdb_cursor_get(cursor.get(), &k, &v, MDB_FIRST);
  if (rc == 0) {
    status = CheckBeside(v, change.value, same_key, fixed_size);
    if (!status.ok()) return status;
  }
  k = ToVal(change.key);
  v = ToVal(change.value);
  if (same_key) {
    rc = mdb_cursor_get(cursor.get(), &k, &v, MDB_GET_BOTH);
    if (rc == 0) return Status();
    v = ToVal(change.value);
  }
  if (rc == 0 || rc == MDB_NOTFOUND) rc = mdb_cursor_put(cursor.get(), &k, &v, 0);
  *answer = rc == 0 ? 1 : 0;
  return Doom(rc, "put into", *change.collection);
}

Status WriteTransaction::AppendPair(const Change& change, MDB_dbi dbi, uint64_t* answer) {
  Status status = CheckPairSize(change.value);
  if (!status.ok()) return status;
  Cursor cursor(nullptr, mdb_cursor_close);
  int rc = OpenCursor(txn_, dbi, &cursor);
  if (rc != 0) return Doom(rc, "append to", *change.collection);
  MDB_val k;
  MDB_val v;
  unsigned flags = MDB_APPEND;
  rc = mdb_cursor_get(cursor.get(), &k, &v, MDB_LAST);
  if (rc == 0) {
    const int order = Compare(change.key, ToSlice(k));
    if (order < 0 || (order == 0 && Compare(change.value, ToSlice(v)) <= 0)) {
      return Status(kKeyOrder,
                    "the pair of key and value is not greater than the last one: use put() for pairs out of order");
    }
    status = CheckBeside(v, change.value, order == 0, (change.collection->flags & MDB_DUPFIXED) != 0);
    if (!status.ok()) return status;
    if (order == 0) flags = MDB_APPENDDUP;
  }
  k = ToVal(change.key);
  v = ToVal(change.value);
  if (rc == 0 || rc == MDB_NOTFOUND) rc = mdb_cursor_put(cursor.get(), &k, &v, flags);
  *answer = rc == 0 ? 1 : 0;
  return Doom(rc, "append to", *change.collection);
}

Status WriteTransaction::DeletePair(const Change& change, uint64_t* answer) {
  MDB_dbi dbi;
  Status status = CheckKeySize(*change.collection, change.key);
  if (status.ok()) status = Prepare(change.collection, change.key, &dbi);
  if (status.ok()) status = CheckHasDuplicates(*change.collection);
  if (!status.ok()) return status;
  MDB_val k = ToVal(change.key);
  MDB_val v = ToVal(change.value);
  const int rc = mdb_del(txn_, dbi, &k, &v);
  *answer = rc == 0 ? 1 : 0;
  // LMDB cannot look for an empty value among several.
  return rc == MDB_NOTFOUND || rc == MDB_BAD_VALSIZE ? Status() : Doom(rc, "del from", *change.collection);
}

}  // namespace leasehold
