#include "core/range/snapshot_rows.h"

#include <algorithm>

#include "core/keys/stored_key.h"
#include "core/lmdb/lmdb_map.h"
#include "core/lmdb/lmdb_rows.h"
#include "core/versions/header.h"

namespace leasehold {

Status SnapshotRows::Open(ReadTransaction* transaction, Collection* collection, RangeOptions&& options,
                          std::unique_ptr<Rows>* rows) {
  MDB_dbi dbi;
  bool absent;
  Status status = transaction->Resolve(collection, &dbi, &absent);
  if (!status.ok()) return status;
  std::unique_ptr<SnapshotRows> opened(new SnapshotRows(transaction, collection, std::move(options)));
  if (absent) {
    opened->set_done(true);
  } else {
    const int rc = opened->range_.Open(transaction->txn(), dbi);
    if (rc != 0) return Status(rc);
  }
  *rows = std::move(opened);
  return Status();
}

int SnapshotRows::Next(MDB_val* key, MDB_val* value) {
  if (pending_) {
    pending_ = false;
    return range_.Current(key, value);
  }
  if (placed_) return range_.Next(key, value);
  placed_ = true;
  return range_.First(key, value);
}

Status SnapshotRows::Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) {
  *batch = Batch{};
  if (failed_ != 0) return Status(failed_);
  const RangeOptions& options = range_.options();
  max = static_cast<uint32_t>(std::min<uint64_t>(max, options.limit - given_));
  if (done() || max == 0) {
    set_done(true);
    return Status();
  }
  MDB_val key;
  MDB_val value;
  int rc = Next(&key, &value);
  leasehold_windows windows{};
  size_t left = budget;
  while (rc == 0) {
    if (batch->count == 0) {
      batch->key_window = transaction_->WindowOf(key.mv_data);
      batch->value_window = options.keys_only ? batch->key_window : transaction_->WindowOf(value.mv_data);
      batch->keys = transaction_->WindowBase(batch->key_window);
      batch->values = transaction_->WindowBase(batch->value_window);
      windows = {batch->keys,
                 batch->values,
                 transaction_->WindowExtent(batch->key_window),
                 transaction_->WindowExtent(batch->value_window),
                 options.keys_only,
                 lead(),
                 options.distinct,
                 range_.has_any_keys()};
    }
    const uint32_t filled = leasehold_leaf_rows(range_.cursor(), options.reverse, &windows, rows + batch->count,
                                                max - batch->count, batch->count == 0, &left);
    if (filled == 0) {
      pending_ = true;
      batch->needs_step = batch->count == 0;
      break;
    }
    batch->count += filled;
    // A batch that is nearly full ends at the end of the page, so that the next batch begins with a new page.
    if (batch->count == max || left < budget / 4) break;
    rc = Next(&key, &value);
  }
  if (rc == MDB_NOTFOUND) {
    set_done(true);
  } else if (rc != 0) {
    failed_ = rc;
    // The entries before the failure are returned first.
    if (batch->count == 0) return Status(rc);
  }
  batch->ahead = leasehold_leaf_ahead(range_.cursor(), options.reverse);
  CutAtEnd(rows, batch);
  batch->bytes = size_t{lead()} * batch->count;
  for (uint32_t i = 0; i < batch->count; i++) batch->bytes += rows[i].key_length + size_t{rows[i].value_length};
  given_ += batch->count;
  if (given_ == options.limit) set_done(true);
  return Status();
}

// Removes entries beyond the end of the range. Entries are in order, so if the last one is not beyond it, none is.
void SnapshotRows::CutAtEnd(const leasehold_row* rows, Batch* batch) {
  if (!range_.HasEnd()) return;
  const auto beyond = [&](const leasehold_row& row) {
    return range_.IsKeyItselfBeyond(Slice{batch->keys + row.key_offset, row.key_length},
                                    Slice{batch->values + row.value_offset, row.value_length});
  };
  if (batch->needs_step || batch->count == 0 || !beyond(rows[batch->count - 1])) return;
  const auto* cut =
      std::partition_point(rows, rows + batch->count, [&](const leasehold_row& row) { return !beyond(row); });
  batch->count = static_cast<uint32_t>(cut - rows);
  set_done(true);
}

Status SnapshotRows::Step(Slice* key, Slice* value, bool* found) {
  *found = false;
  if (failed_ != 0) return Status(failed_);
  if (done() || given_ == range_.options().limit) {
    set_done(true);
    return Status();
  }
  MDB_val found_key;
  MDB_val found_value;
  int rc = Next(&found_key, &found_value);
  if (rc == 0) rc = leasehold_check_bytes(transaction_->txn(), &found_key);
  if (rc == MDB_NOTFOUND || (rc == 0 && range_.IsAtEnd(found_key, found_value))) {
    set_done(true);
    return Status();
  }
  // With keys_only, the value's length is not checked. To read the value could be a SIGBUS if the length is damaged.
  const bool keys_only = range_.options().keys_only;
  if (rc == 0 && range_.has_any_keys()) rc = RevealEntry(transaction_->txn(), &found_key, &found_value);
  if (rc == 0 && !keys_only) rc = leasehold_check_bytes(transaction_->txn(), &found_value);
  if (rc == 0 && !SkipHeader(lead(), &found_value)) rc = MDB_CORRUPTED;
  if (rc != 0) return Status(failed_ = rc);
  *key = ToSlice(found_key);
  *value = keys_only ? Slice{static_cast<const uint8_t*>(found_value.mv_data), 0} : ToSlice(found_value);
  *found = true;
  given_++;
  return Status();
}

Status SnapshotRows::Seek(const RangeBound& place, uint64_t unread) {
  if (failed_ != 0) return Status(failed_);
  if (range_.cursor() == nullptr) return Status();
  given_ -= std::min(unread, given_);
  MDB_val key;
  MDB_val value;
  // The offset counts from the beginning of the range, also if that is never read.
  int rc = range_.options().offset == 0 ? 0 : range_.First(&key, &value);
  if (rc == 0) rc = range_.FromInside(place, &key, &value);
  placed_ = pending_ = rc == 0;
  set_done(rc == MDB_NOTFOUND);
  if (rc == 0 || rc == MDB_NOTFOUND) return Status();
  return Status(failed_ = rc);
}

Status SnapshotRows::Count(uint64_t* count) {
  *count = 0;
  if (placed_ || range_.options().reverse) {
    RangeOptions forward = range_.GivenOptions();
    forward.reverse = false;
    std::unique_ptr<Rows> other;
    Status status = Open(transaction_, collection_, std::move(forward), &other);
    return status.ok() ? other->Count(count) : status;
  }
  // Count moves LMDB's cursor. `placed_` is false here, so the next Fill or Step begins at the first entry.
  return range_.cursor() == nullptr ? Status() : Status(range_.Count(count));
}

}  // namespace leasehold
