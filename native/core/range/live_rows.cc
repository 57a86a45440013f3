#include "core/range/live_rows.h"

#include <algorithm>

#include "core/keys/stored_key.h"
#include "core/lmdb/lmdb_map.h"
#include "core/versions/header.h"

namespace leasehold {
namespace {

Slice BytesOf(const std::string& bytes) { return Slice{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}; }

void Assign(std::string* target, Slice bytes) { target->assign(reinterpret_cast<const char*>(bytes.data), bytes.size); }

}  // namespace

Status LiveRows::Open(Transaction* transaction, Collection* collection, RangeOptions&& options,
                      std::unique_ptr<Rows>* rows) {
  MDB_dbi dbi;
  bool absent;
  Status status = transaction->Resolve(collection, &dbi, &absent);
  if (!status.ok()) return status;
  std::unique_ptr<LiveRows> opened(new LiveRows(transaction, collection, std::move(options)));
  opened->set_done(absent);
  *rows = std::move(opened);
  return Status();
}

Status LiveRows::Enter(bool* absent) {
  MDB_dbi dbi;
  *absent = false;
  Status status = transaction_->Resolve(collection_, &dbi, absent);
  if (!status.ok() || *absent) return status;
  return Status(range_.Open(transaction_->txn(), dbi));
}

Status LiveRows::Look(MDB_val* key, MDB_val* value, bool* found) {
  *found = false;
  if (failed_ != 0) return Status(failed_);
  if (done() || given_ == range_.options().limit) {
    set_done(true);
    return Status();
  }
  int rc;
  if (placed_) {
    rc = range_.Next(key, value);
  } else if (!place_.exists) {
    rc = range_.First(key, value);
  } else {
    rc = range_.FromInside(place_, key, value);
  }
  if (rc == 0) rc = leasehold_check_bytes(transaction_->txn(), key);
  if (rc == MDB_NOTFOUND || (rc == 0 && range_.IsAtEnd(*key, *value))) {
    set_done(true);
    return Status();
  }
  if (rc == 0 && range_.has_any_keys()) {
    const bool is_long = key->mv_size == LEASEHOLD_LONG_KEY_BYTES;
    rc = RevealEntry(transaction_->txn(), key, value);
    if (rc == 0 && is_long && GoesBack(ToSlice(*key))) rc = MDB_CORRUPTED;
  }
  if (rc == 0 && NeedsValues()) rc = leasehold_check_bytes(transaction_->txn(), value);
  if (rc == 0 && !SkipHeader(lead(), value)) rc = MDB_CORRUPTED;
  if (rc != 0) return Status(failed_ = rc);
  *found = true;
  return Status();
}

bool LiveRows::GoesBack(Slice key) const {
  const bool has_copied = !copied_rows_.empty();
  if (!has_copied && !place_.exists) return false;
  const Slice last = has_copied
                         ? Slice{BytesOf(copied_).data + copied_rows_.back().key_offset, copied_rows_.back().key_length}
                         : place_.KeyBytes();
  const int order = range_.options().reverse ? Compare(last, key) : Compare(key, last);
  return order < 0 || (order == 0 && (has_copied || place_.open));
}

void LiveRows::SetLast(Slice key, Slice value) {
  place_.exists = place_.open = true;
  place_.has_value = range_.has_duplicates() && !range_.options().distinct;
  Assign(&place_.key, key);
  if (place_.has_value) Assign(&place_.value, value);
}

Status LiveRows::Seek(const RangeBound& place, uint64_t unread) {
  failed_ = 0;
  copied_rows_.clear();
  given_ -= std::min(unread, given_);
  Status status;
  if (range_.options().offset > 0) {
    // The offset counts from the beginning of the range, also if that is never read.
    bool absent;
    MDB_val key;
    MDB_val value;
    status = Enter(&absent);
    const int rc = status.ok() && !absent ? range_.First(&key, &value) : 0;
    Leave();
    set_done(absent || rc == MDB_NOTFOUND);
    if (rc != 0) return Status(rc == MDB_NOTFOUND ? 0 : rc);
  }
  place_ = place;
  return status;
}

Status LiveRows::Step(Slice* key, Slice* value, bool* found) {
  *found = false;
  copied_rows_.clear();
  bool absent;
  MDB_val found_key;
  MDB_val found_value;
  Status status = Enter(&absent);
  if (status.ok() && !absent) status = Look(&found_key, &found_value, found);
  if (*found) {
    *key = ToSlice(found_key);
    *value = ToSlice(found_value);
    given_++;
    SetLast(*key, *value);
    // The value's length was not checked. To copy the value could be a SIGBUS if the length is damaged.
    if (range_.options().keys_only) value->size = 0;
  } else if (absent) {
    set_done(true);
  }
  Leave();
  return status;
}

Status LiveRows::Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) {
  *batch = Batch{};
  copied_rows_.clear();
  copied_.clear();
  failed_ = 0;
  bool absent;
  Status status = Enter(&absent);
  set_done(absent);
  while (status.ok() && !absent && copied_rows_.size() < max) {
    MDB_val key;
    MDB_val value;
    bool found;
    status = Look(&key, &value, &found);
    if (!found) break;
    if (!NeedsValues()) value.mv_size = 0;
    if (copied_.size() + key.mv_size + lead() + value.mv_size > budget) {
      batch->needs_step = copied_rows_.empty();
      break;
    }
    Copy(ToSlice(key), ToSlice(value));
    given_++;
    placed_ = true;
  }
  Leave();
  if (!copied_rows_.empty()) SetLastCopied();
  std::copy(copied_rows_.begin(), copied_rows_.end(), rows);
  batch->count = static_cast<uint32_t>(copied_rows_.size());
  batch->bytes = copied_.size();
  batch->keys = batch->values = BytesOf(copied_).data;
  // The entries before the failure are returned first.
  return batch->count > 0 ? Status() : status;
}

void LiveRows::Copy(Slice key, Slice value) {
  const auto at = static_cast<uint32_t>(copied_.size());
  const auto key_size = static_cast<uint32_t>(key.size);
  copied_rows_.push_back({at, key_size, at + key_size + lead(), static_cast<uint32_t>(value.size)});
  copied_.append(reinterpret_cast<const char*>(key.data), key.size);
  if (lead() + value.size > 0) copied_.append(reinterpret_cast<const char*>(value.data) - lead(), lead() + value.size);
}

bool LiveRows::TakeBack(uint32_t count) {
  if (count >= copied_rows_.size()) return false;
  given_ -= count;
  copied_rows_.resize(copied_rows_.size() - count);
  SetLastCopied();
  return true;
}

void LiveRows::SetLastCopied() {
  const leasehold_row& last = copied_rows_.back();
  const uint8_t* bytes = BytesOf(copied_).data;
  SetLast(Slice{bytes + last.key_offset, last.key_length}, Slice{bytes + last.value_offset, last.value_length});
}

Status LiveRows::Count(uint64_t* count) {
  *count = 0;
  if (given_ > 0 || range_.options().reverse) {
    RangeOptions forward = range_.GivenOptions();
    forward.reverse = false;
    std::unique_ptr<Rows> other;
    Status status = Open(transaction_, collection_, std::move(forward), &other);
    return status.ok() ? other->Count(count) : status;
  }
  bool absent;
  Status status = Enter(&absent);
  if (status.ok() && !absent) status = Status(range_.Count(count));
  Leave();
  return status;
}

}  // namespace leasehold
