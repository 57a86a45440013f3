#include "core/store/range.h"

#include <algorithm>

namespace leasehold {

Status RangeCursor::Open(Transaction* transaction, Collection* collection, RangeOptions options,
                         std::unique_ptr<RangeCursor>* cursor) {
  MDB_dbi dbi;
  bool absent;
  Status status = transaction->Resolve(collection, &dbi, &absent);
  if (!status.ok()) return status;
  std::unique_ptr<RangeCursor> opened(new RangeCursor(transaction, collection, std::move(options)));
  if (absent) {
    opened->done_ = true;
  } else if (!transaction->is_write()) {
    const int rc = mdb_cursor_open(transaction->txn(), dbi, &opened->cursor_);
    if (rc != 0) return Status(rc);
  }
  *cursor = std::move(opened);
  return Status();
}

RangeCursor::~RangeCursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

// Goes to the first entry of the range, or to one beyond its end.
int RangeCursor::Seek(MDB_val* key, MDB_val* value) {
  if (!options_.reverse) {
    if (!options_.has_lower || options_.lower.empty()) return mdb_cursor_get(cursor_, key, value, MDB_FIRST);
    *key = MDB_val{options_.lower.size(), const_cast<char*>(options_.lower.data())};
    const int rc = mdb_cursor_get(cursor_, key, value, MDB_SET_RANGE);
    if (rc != 0 || !options_.lower_open ||
        Compare(ToSlice(*key), ToSlice({options_.lower.size(), const_cast<char*>(options_.lower.data())})) != 0) {
      return rc;
    }
    return mdb_cursor_get(cursor_, key, value, MDB_NEXT_NODUP);
  }
  if (!options_.has_upper) return mdb_cursor_get(cursor_, key, value, MDB_LAST);
  if (options_.upper.empty()) return MDB_NOTFOUND;
  const MDB_val bound{options_.upper.size(), const_cast<char*>(options_.upper.data())};
  *key = bound;
  const int rc = mdb_cursor_get(cursor_, key, value, MDB_SET_RANGE);
  if (rc == MDB_NOTFOUND) return mdb_cursor_get(cursor_, key, value, MDB_LAST);
  if (rc != 0) return rc;
  if (options_.upper_open || Compare(ToSlice(*key), ToSlice(bound)) != 0) {
    return mdb_cursor_get(cursor_, key, value, MDB_PREV);
  }
  if (!collection_->has_duplicates()) return 0;
  const int last = mdb_cursor_get(cursor_, key, value, MDB_LAST_DUP);
  return last != 0 ? last : mdb_cursor_get(cursor_, key, value, MDB_GET_CURRENT);
}

// Goes to the entry that now stands behind the last one given out, in the direction of the range.
int RangeCursor::SeekAgain(MDB_val* key, MDB_val* value) {
  const MDB_cursor_op next = options_.reverse ? MDB_PREV : MDB_NEXT;
  const MDB_val last_key{last_key_.size(), last_key_.data()};
  *key = last_key;
  int rc = mdb_cursor_get(cursor_, key, value, MDB_SET_RANGE);
  if (rc == MDB_NOTFOUND) return options_.reverse ? mdb_cursor_get(cursor_, key, value, MDB_LAST) : rc;
  if (rc != 0) return rc;
  if (Compare(ToSlice(*key), ToSlice(last_key)) != 0) {
    return options_.reverse ? mdb_cursor_get(cursor_, key, value, MDB_PREV) : 0;
  }
  if (!collection_->has_duplicates()) return mdb_cursor_get(cursor_, key, value, next);
  if (last_value_.empty()) {
    // An empty value stands before all others of its key, but LMDB cannot look for it.
    return options_.reverse || value->mv_size == 0 ? mdb_cursor_get(cursor_, key, value, next) : 0;
  }

  const MDB_val last_value{last_value_.size(), last_value_.data()};
  *key = last_key;
  *value = last_value;
  rc = mdb_cursor_get(cursor_, key, value, MDB_GET_BOTH_RANGE);
  if (rc == MDB_NOTFOUND) {
    // All values left at this key come before the last one.
    *key = last_key;
    rc = mdb_cursor_get(cursor_, key, value, MDB_SET_KEY);
    if (rc != 0) return rc;
    if (!options_.reverse) return mdb_cursor_get(cursor_, key, value, MDB_NEXT_NODUP);
    rc = mdb_cursor_get(cursor_, key, value, MDB_LAST_DUP);
    return rc != 0 ? rc : mdb_cursor_get(cursor_, key, value, MDB_GET_CURRENT);
  }
  if (rc != 0) return rc;
  if (!options_.reverse && Compare(ToSlice(*value), ToSlice(last_value)) != 0) {
    return mdb_cursor_get(cursor_, key, value, MDB_GET_CURRENT);
  }
  return mdb_cursor_get(cursor_, key, value, next);
}

int RangeCursor::Next(MDB_val* key, MDB_val* value) {
  if (pending_) {
    pending_ = false;
    return mdb_cursor_get(cursor_, key, value, MDB_GET_CURRENT);
  }
  if (placed_) return mdb_cursor_get(cursor_, key, value, options_.reverse ? MDB_PREV : MDB_NEXT);
  placed_ = true;
  return given_ == 0 ? Seek(key, value) : SeekAgain(key, value);
}

bool RangeCursor::Beyond(Slice key) const {
  const std::string& bound = options_.reverse ? options_.lower : options_.upper;
  const bool open = options_.reverse ? options_.lower_open : options_.upper_open;
  const int order = Compare(key, Slice{reinterpret_cast<const uint8_t*>(bound.data()), bound.size()});
  return (options_.reverse ? -order : order) >= (open ? 0 : 1);
}

Status RangeCursor::Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) {
  *batch = Batch{};
  if (failed_ != 0) return Status(failed_);
  const auto& transaction = static_cast<const ReadTransaction&>(*transaction_);
  max = static_cast<uint32_t>(std::min<uint64_t>(max, options_.limit - given_));
  if (done_ || max == 0) {
    done_ = true;
    return Status();
  }
  MDB_val key;
  MDB_val value;
  int rc = Next(&key, &value);
  leasehold_windows windows{};
  size_t left = budget;
  while (rc == 0) {
    if (batch->count == 0) {
      batch->key_window = transaction.WindowOf(key.mv_data);
      batch->value_window = options_.keys_only ? batch->key_window : transaction.WindowOf(value.mv_data);
      windows = {transaction.WindowBase(batch->key_window), transaction.WindowBase(batch->value_window),
                 transaction.WindowExtent(batch->key_window), transaction.WindowExtent(batch->value_window),
                 options_.keys_only};
    }
    const uint32_t filled = leasehold_leaf_rows(cursor_, options_.reverse, &windows, rows + batch->count,
                                                max - batch->count, batch->count == 0, &left);
    if (filled == 0) {
      pending_ = true;
      batch->needs_copy = batch->count == 0;
      break;
    }
    batch->count += filled;
    // A batch that is nearly full ends with its page, so that the next one need not begin with the rest of one.
    if (batch->count == max || left < budget / 4) break;
    rc = Next(&key, &value);
  }
  if (rc == MDB_NOTFOUND) {
    done_ = true;
  } else if (rc != 0) {
    failed_ = rc;
    // What stands before it is given out first.
    if (batch->count == 0) return Status(rc);
  }
  CutAtEnd(transaction, rows, batch);
  for (uint32_t i = 0; i < batch->count; i++) batch->bytes += rows[i].key_length + size_t{rows[i].value_length};
  given_ += batch->count;
  if (given_ == options_.limit) done_ = true;
  return Status();
}

// Entries are in order, so that comparing the last one with the bound tells whether any is beyond it.
void RangeCursor::CutAtEnd(const ReadTransaction& transaction, const leasehold_row* rows, Batch* batch) {
  if (!HasEnd()) return;
  const uint8_t* base = transaction.WindowBase(batch->key_window);
  const auto beyond = [&](const leasehold_row& row) { return Beyond(Slice{base + row.key_offset, row.key_length}); };
  if (batch->needs_copy || batch->count == 0 || !beyond(rows[batch->count - 1])) return;
  const auto* cut =
      std::partition_point(rows, rows + batch->count, [&](const leasehold_row& row) { return !beyond(row); });
  batch->count = static_cast<uint32_t>(cut - rows);
  done_ = true;
}

Status RangeCursor::Enter(bool* absent) {
  *absent = false;
  if (!transaction_->is_write()) return Status();
  MDB_dbi dbi;
  Status status = transaction_->Resolve(collection_, &dbi, absent);
  if (!status.ok() || *absent) return status;
  return Status(mdb_cursor_open(transaction_->txn(), dbi, &cursor_));
}

void RangeCursor::Leave() {
  if (!transaction_->is_write()) return;
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  cursor_ = nullptr;
  placed_ = pending_ = false;
}

Status RangeCursor::Look(MDB_val* key, MDB_val* value, bool* found) {
  *found = false;
  if (failed_ != 0) return Status(failed_);
  if (done_ || given_ == options_.limit) {
    done_ = true;
    return Status();
  }
  int rc = Next(key, value);
  if (rc == 0) rc = leasehold_check_bytes(transaction_->txn(), key);
  if (rc == MDB_NOTFOUND || (rc == 0 && HasEnd() && Beyond(ToSlice(*key)))) {
    done_ = true;
    return Status();
  }
  if (rc == 0 && NeedsValues()) rc = leasehold_check_bytes(transaction_->txn(), value);
  if (rc != 0) return Status(failed_ = rc);
  *found = true;
  return Status();
}

void RangeCursor::Give(const MDB_val& key, const MDB_val& value) {
  given_++;
  if (!transaction_->is_write()) return;
  last_key_.assign(static_cast<const char*>(key.mv_data), key.mv_size);
  if (collection_->has_duplicates()) last_value_.assign(static_cast<const char*>(value.mv_data), value.mv_size);
}

Status RangeCursor::Step(MDB_val* key, MDB_val* value, bool* found) {
  *found = false;
  copied_rows_.clear();
  bool absent;
  Status status = Enter(&absent);
  if (status.ok() && !absent) status = Look(key, value, found);
  Leave();
  if (*found) {
    Give(*key, *value);
    // Not looked at, so not to be copied: where its length is damaged, that would be a SIGBUS.
    if (options_.keys_only) value->mv_size = 0;
  } else if (absent) {
    done_ = true;
  }
  return status;
}

Status RangeCursor::Copy(uint32_t max, size_t budget, uint32_t* count) {
  *count = 0;
  copied_rows_.clear();
  copied_.clear();
  if (transaction_->is_write()) {
    done_ = false;
    failed_ = 0;
  }
  bool absent;
  Status status = Enter(&absent);
  if (absent) done_ = true;
  while (status.ok() && !absent && copied_rows_.size() < max) {
    MDB_val key;
    MDB_val value;
    bool found;
    status = Look(&key, &value, &found);
    if (!found) break;
    const size_t value_size = NeedsValues() ? value.mv_size : 0;
    if (copied_.size() + key.mv_size + value_size > budget) {
      pending_ = true;
      break;
    }
    const auto at = static_cast<uint32_t>(copied_.size());
    const auto key_size = static_cast<uint32_t>(key.mv_size);
    copied_rows_.push_back({at, key_size, at + key_size, static_cast<uint32_t>(value_size)});
    copied_.append(static_cast<const char*>(key.mv_data), key.mv_size);
    if (value_size > 0) copied_.append(static_cast<const char*>(value.mv_data), value_size);
    Give(key, value);
  }
  Leave();
  *count = static_cast<uint32_t>(copied_rows_.size());
  // What stands before the failure is given out first.
  return *count > 0 ? Status() : status;
}

void RangeCursor::TakeBack(uint32_t count) {
  given_ -= count;
  copied_rows_.resize(copied_rows_.size() - count);
  const leasehold_row& last = copied_rows_.back();
  last_key_.assign(copied_, last.key_offset, last.key_length);
  if (collection_->has_duplicates()) last_value_.assign(copied_, last.value_offset, last.value_length);
}

Status RangeCursor::Size(uint64_t* count) const {
  RangeOptions forward = options_;
  forward.reverse = false;
  std::unique_ptr<RangeCursor> other;
  Status status = Open(transaction_, collection_, std::move(forward), &other);
  return status.ok() ? other->Count(count) : status;
}

Status RangeCursor::Count(uint64_t* count) {
  *count = 0;
  if (failed_ != 0) return Status(failed_);
  if (done_) return Status();
  bool absent;
  Status status = Enter(&absent);
  if (!status.ok() || absent) return status;
  MDB_val key;
  MDB_val value;
  int rc = Next(&key, &value);
  while (rc == 0 && *count < options_.limit) {
    MDB_val last;
    if (leasehold_leaf_last(cursor_, &last) && (!HasEnd() || !Beyond(ToSlice(last)))) {
      *count += leasehold_leaf_skip(cursor_);
    } else if (HasEnd() && Beyond(ToSlice(key))) {
      break;
    } else {
      size_t values = 1;
      if (collection_->has_duplicates()) mdb_cursor_count(cursor_, &values);
      *count += values;
    }
    rc = mdb_cursor_get(cursor_, &key, &value, MDB_NEXT_NODUP);
  }
  Leave();
  *count = std::min(*count, options_.limit);
  done_ = true;
  if (rc == MDB_NOTFOUND || rc == 0) return Status();
  return Status(failed_ = rc);
}

Status RangeCursor::Delete(uint64_t* count) {
  *count = 0;
  const bool one_by_one = collection_->has_duplicates();
  bool absent = false;
  Status status = one_by_one ? Status() : Enter(&absent);
  bool found = status.ok() && !absent;
  while (found) {
    if (one_by_one) {
      status = DeleteNextKey(&found);
    } else {
      MDB_val key;
      MDB_val value;
      status = Look(&key, &value, &found);
      if (!found) break;
      status = Status(failed_ = mdb_cursor_del(cursor_, 0));
      if (status.ok()) given_++;
    }
    if (!status.ok()) break;
  }
  if (!one_by_one) Leave();
  *count = given_;
  return status;
}

// Deletes the next key of several values, or its next value if the limit leaves some. By a cursor of its own: LMDB's
// may keep what it knows of the values of a key that it has left, and delete those in place of others.
Status RangeCursor::DeleteNextKey(bool* found) {
  MDB_val key;
  MDB_val value;
  size_t values = 0;
  *found = false;
  bool absent;
  Status status = Enter(&absent);
  if (status.ok() && !absent) status = Look(&key, &value, found);
  if (*found) {
    last_key_.assign(static_cast<const char*>(key.mv_data), key.mv_size);
    last_value_.assign(static_cast<const char*>(value.mv_data), value.mv_size);
    // Where it stands on a key, a fresh cursor knows the values of that one.
    MDB_cursor* counting;
    MDB_val last_key{last_key_.size(), last_key_.data()};
    int rc = mdb_cursor_open(transaction_->txn(), mdb_cursor_dbi(cursor_), &counting);
    if (rc == 0) {
      rc = mdb_cursor_get(counting, &last_key, &value, MDB_SET);
      if (rc == 0) rc = mdb_cursor_count(counting, &values);
      mdb_cursor_close(counting);
    }
    if (rc != 0) status = Status(failed_ = rc);
  }
  const MDB_dbi dbi = cursor_ == nullptr ? 0 : mdb_cursor_dbi(cursor_);
  Leave();
  if (!*found || !status.ok()) return status;
  const bool all = values <= options_.limit - given_;
  MDB_val last_key{last_key_.size(), last_key_.data()};
  MDB_val last_value{last_value_.size(), last_value_.data()};
  status = Status(failed_ = mdb_del(transaction_->txn(), dbi, &last_key, all ? nullptr : &last_value));
  if (status.ok()) given_ += all ? values : 1;
  return status;
}

}  // namespace leasehold
