#include "core/range/clear_range.h"

#include "core/lmdb/lmdb_map.h"
#include "core/range/live_rows.h"
#include "core/range/range_cursor.h"

namespace leasehold {
namespace {

// Deletes a range of a collection with one value a key, by one cursor.
int ClearEntries(MDB_txn* txn, RangeCursor* range, uint64_t* count) {
  MDB_val key;
  MDB_val value;
  while (*count < range->options().limit) {
    int rc = *count == 0 ? range->First(&key, &value) : range->Next(&key, &value);
    if (rc == 0) rc = leasehold_check_bytes(txn, &key);
    if (rc == MDB_NOTFOUND || (rc == 0 && range->HasEnd() && range->IsBeyond(ToSlice(key), Slice{}))) return 0;
    if (rc == 0) rc = leasehold_check_bytes(txn, &value);
    if (rc == 0) rc = mdb_cursor_del(range->cursor(), 0);
    if (rc != 0) return rc;
    ++*count;
  }
  return 0;
}

// How many values a key has. Uses a new cursor: an old one may still have the values of a key where it was before.
int CountValues(MDB_txn* txn, MDB_dbi dbi, MDB_val key, size_t* values) {
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn, dbi, &cursor);
  if (rc != 0) return rc;
  MDB_val value;
  rc = mdb_cursor_get(cursor, &key, &value, MDB_SET);
  if (rc == 0) rc = mdb_cursor_count(cursor, values);
  mdb_cursor_close(cursor);
  return rc;
}

// Deletes a range of a collection with several values a key: key by key, and value by value where the limit is inside a
// key. Each deletion uses a new cursor: LMDB's cursor may remember the values of a key that it has left, and delete
// these instead of others.
Status ClearValues(WriteTransaction* transaction, Collection* collection, MDB_dbi dbi, RangeOptions options,
                   uint64_t* count) {
  const uint64_t limit = std::exchange(options.limit, kNoLimit);
  std::unique_ptr<Rows> rows;
  Status status = LiveRows::Open(transaction, collection, std::move(options), &rows);
  while (status.ok() && *count < limit) {
    Slice key;
    Slice value;
    bool found;
    status = rows->Step(&key, &value, &found);
    if (!status.ok() || !found) break;
    std::string key_copy(reinterpret_cast<const char*>(key.data), key.size);
    std::string value_copy(reinterpret_cast<const char*>(value.data), value.size);
    MDB_val key_val{key_copy.size(), key_copy.data()};
    MDB_val value_val{value_copy.size(), value_copy.data()};
    size_t values = 0;
    status = Status(CountValues(transaction->txn(), dbi, key_val, &values));
    if (!status.ok()) break;
    const bool all = values <= limit - *count;
    status = Status(mdb_del(transaction->txn(), dbi, &key_val, all ? nullptr : &value_val));
    if (status.ok()) *count += all ? values : 1;
  }
  return status;
}

}  // namespace

Status ClearRange(WriteTransaction* transaction, Collection* collection, RangeOptions options, uint64_t* count) {
  *count = 0;
  options.distinct = false;
  MDB_dbi dbi;
  bool absent;
  Status status = transaction->Resolve(collection, &dbi, &absent);
  if (!status.ok() || absent) return status;
  if (collection->has_duplicates()) return ClearValues(transaction, collection, dbi, std::move(options), count);
  RangeCursor range(*collection, std::move(options));
  const int rc = range.Open(transaction->txn(), dbi);
  return Status(rc != 0 ? rc : ClearEntries(transaction->txn(), &range, count));
}

}  // namespace leasehold
