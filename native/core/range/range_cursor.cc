#include "core/range/range_cursor.h"

#include "core/keys/stored_key.h"
#include "core/lmdb/lmdb_map.h"

namespace leasehold {
namespace {

MDB_val ValOf(const std::string& bytes) { return MDB_val{bytes.size(), const_cast<char*>(bytes.data())}; }

// Without several values a key, bounds are keys alone.
RangeOptions Fitting(RangeOptions&& options, bool has_duplicates) {
  if (!has_duplicates) options.lower.has_value = options.upper.has_value = options.distinct = false;
  return std::move(options);
}

}  // namespace

RangeCursor::RangeCursor(const Collection& collection, RangeOptions&& options)
    : has_duplicates_(collection.has_duplicates()),
      options_(Fitting(std::move(options), collection.has_duplicates())),
      whole_(collection.has_any_keys() ? new WholeBounds{options_.lower, options_.upper} : nullptr),
      end_(options_.End()),
      whole_end_(!whole_            ? end_
                 : options_.reverse ? whole_->lower
                                    : whole_->upper),
      next_(options_.distinct ? (options_.reverse ? MDB_PREV_NODUP : MDB_NEXT_NODUP)
                              : (options_.reverse ? MDB_PREV : MDB_NEXT)),
      next_key_(options_.reverse ? MDB_PREV_NODUP : MDB_NEXT_NODUP) {}

RangeOptions RangeCursor::GivenOptions() const {
  RangeOptions given = options_;
  if (whole_) given.lower = whole_->lower;
  if (whole_) given.upper = whole_->upper;
  return given;
}

// The stored keys may have changed since the last time: see MakeLabel.
int RangeCursor::StoreBounds() {
  MDB_txn* txn = mdb_cursor_txn(cursor_);
  const MDB_dbi dbi = mdb_cursor_dbi(cursor_);
  const int rc = StoreBound(txn, dbi, whole_->lower, false, &options_.lower);
  return rc != 0 ? rc : StoreBound(txn, dbi, whole_->upper, true, &options_.upper);
}

int RangeCursor::Start(MDB_val* key, MDB_val* value) {
  const RangeBound& start = options_.Start();
  if (start.exists) return From(start, key, value);
  return mdb_cursor_get(cursor_, key, value, options_.reverse ? MDB_LAST : MDB_FIRST);
}

int RangeCursor::First(MDB_val* key, MDB_val* value) {
  int rc = Start(key, value);
  if (options_.offset == 0 || rc != 0) return rc;
  rc = Skip(options_.offset, key, value);
  if (rc == 0) rc = leasehold_check_bytes(mdb_cursor_txn(cursor_), key);
  if (rc == 0 && IsAtEnd(*key, *value)) return MDB_NOTFOUND;
  RangeBound start;
  start.exists = true;
  start.has_value = has_duplicates_ && !options_.distinct;
  if (rc == 0 && start.has_value) rc = leasehold_check_bytes(mdb_cursor_txn(cursor_), value);
  if (rc != 0) return rc;
  start.key.assign(static_cast<const char*>(key->mv_data), key->mv_size);
  if (start.has_value) start.value.assign(static_cast<const char*>(value->mv_data), value->mv_size);
  if (whole_) {
    MDB_val whole = *key;
    MDB_val behind = *value;
    rc = RevealEntry(mdb_cursor_txn(cursor_), &whole, &behind);
    if (rc != 0) return rc;
    RangeBound& bound = options_.reverse ? whole_->upper : whole_->lower;
    bound = start;
    bound.key.assign(static_cast<const char*>(whole.mv_data), whole.mv_size);
  }
  (options_.reverse ? options_.upper : options_.lower) = std::move(start);
  options_.offset = 0;
  return 0;
}

int RangeCursor::From(const RangeBound& place, MDB_val* key, MDB_val* value) {
  if (options_.reverse) return FromReverse(place, key, value);
  if (place.key.empty()) return mdb_cursor_get(cursor_, key, value, MDB_FIRST);
  *key = ValOf(place.key);
  const int rc = mdb_cursor_get(cursor_, key, value, MDB_SET_RANGE);
  if (rc != 0 || !(place.open || place.has_value) || !IsSame(place.KeyBytes(), ToSlice(*key))) return rc;
  return place.has_value ? FromPair(place, key, value) : mdb_cursor_get(cursor_, key, value, MDB_NEXT_NODUP);
}

int RangeCursor::FromReverse(const RangeBound& place, MDB_val* key, MDB_val* value) {
  if (place.key.empty()) return MDB_NOTFOUND;
  *key = ValOf(place.key);
  const int rc = mdb_cursor_get(cursor_, key, value, MDB_SET_RANGE);
  if (rc == MDB_NOTFOUND) return mdb_cursor_get(cursor_, key, value, MDB_LAST);
  if (rc != 0) return rc;
  const bool is_same = IsSame(place.KeyBytes(), ToSlice(*key));
  if (is_same && place.has_value) return FromPair(place, key, value);
  if (!is_same || place.open) return mdb_cursor_get(cursor_, key, value, MDB_PREV);
  if (!has_duplicates_) return 0;
  const int last = mdb_cursor_get(cursor_, key, value, MDB_LAST_DUP);
  return last != 0 ? last : Current(key, value);
}

// Does the work of From for a place with a value. The cursor is on the first value of the place's key.
int RangeCursor::FromPair(const RangeBound& place, MDB_val* key, MDB_val* value) {
  // An empty value stands before all others of its key, but LMDB cannot look for it.
  if (place.value.empty()) {
    const bool is_there = value->mv_size == 0;
    if (options_.reverse) return is_there && !place.open ? 0 : mdb_cursor_get(cursor_, key, value, MDB_PREV);
    return is_there && place.open ? Next(key, value) : 0;
  }
  *key = ValOf(place.key);
  *value = ValOf(place.value);
  int rc = mdb_cursor_get(cursor_, key, value, MDB_GET_BOTH_RANGE);
  if (rc == MDB_NOTFOUND) {
    // All values of this key come before the place.
    *key = ValOf(place.key);
    rc = mdb_cursor_get(cursor_, key, value, MDB_SET_KEY);
    if (rc != 0) return rc;
    if (!options_.reverse) return mdb_cursor_get(cursor_, key, value, MDB_NEXT_NODUP);
    rc = mdb_cursor_get(cursor_, key, value, MDB_LAST_DUP);
    return rc != 0 ? rc : Current(key, value);
  }
  if (rc != 0) return rc;
  const bool is_same = IsSame(place.ValueBytes(), ToSlice(*value));
  if (options_.reverse ? is_same && !place.open : !is_same || !place.open) return Current(key, value);
  return Next(key, value);
}

int RangeCursor::FromInside(const RangeBound& place, MDB_val* key, MDB_val* value) {
  if (!whole_) return FromStored(place, key, value);
  RangeBound stored;
  const int rc = StoreBound(mdb_cursor_txn(cursor_), mdb_cursor_dbi(cursor_), place, options_.reverse, &stored);
  return rc != 0 ? rc : FromStored(stored, key, value);
}

int RangeCursor::FromStored(const RangeBound& place, MDB_val* key, MDB_val* value) {
  const RangeBound& start = options_.Start();
  if (!start.exists) return From(place, key, value);
  int order = Compare(place.KeyBytes(), start.KeyBytes());
  if (order == 0 && start.has_value) {
    if (!place.has_value) return From(place.open ? place : start, key, value);
    order = Compare(place.ValueBytes(), start.ValueBytes());
  }
  if (order == 0) return From(start.open ? start : place, key, value);
  return From((order > 0) != options_.reverse ? place : start, key, value);
}

bool RangeCursor::IsAtEnd(const MDB_val& key, const MDB_val& value) const {
  if (!end_.exists) return false;
  const bool is_value_there = end_.has_value && leasehold_check_bytes(mdb_cursor_txn(cursor_), &value) == 0;
  return IsBeyond(ToSlice(key), is_value_there ? ToSlice(value) : Slice{});
}

bool RangeCursor::IsBeyondBound(const RangeBound& end, Slice key, Slice value) const {
  int order = Compare(key, end.KeyBytes());
  if (order == 0 && end.has_value) order = Compare(value, end.ValueBytes());
  return (options_.reverse ? -order : order) >= (end.open ? 0 : 1);
}

}  // namespace leasehold
