#include "core/range/range_cursor.h"

#include <algorithm>

#include "core/lmdb/lmdb_rows.h"

namespace leasehold {
namespace {

MDB_val BoundOf(const std::string& bound) { return MDB_val{bound.size(), const_cast<char*>(bound.data())}; }

}  // namespace

int RangeCursor::First(MDB_val* key, MDB_val* value) {
  if (options_.reverse) return FirstReverse(key, value);
  if (!options_.has_lower || options_.lower.empty()) return mdb_cursor_get(cursor_, key, value, MDB_FIRST);
  const MDB_val bound = BoundOf(options_.lower);
  *key = bound;
  const int rc = mdb_cursor_get(cursor_, key, value, MDB_SET_RANGE);
  if (rc != 0 || !options_.lower_open || !IsSame(ToSlice(*key), ToSlice(bound))) return rc;
  return mdb_cursor_get(cursor_, key, value, MDB_NEXT_NODUP);
}

int RangeCursor::FirstReverse(MDB_val* key, MDB_val* value) {
  if (!options_.has_upper) return mdb_cursor_get(cursor_, key, value, MDB_LAST);
  if (options_.upper.empty()) return MDB_NOTFOUND;
  const MDB_val bound = BoundOf(options_.upper);
  *key = bound;
  const int rc = mdb_cursor_get(cursor_, key, value, MDB_SET_RANGE);
  if (rc == MDB_NOTFOUND) return mdb_cursor_get(cursor_, key, value, MDB_LAST);
  if (rc != 0) return rc;
  if (options_.upper_open || !IsSame(ToSlice(*key), ToSlice(bound))) {
    return mdb_cursor_get(cursor_, key, value, MDB_PREV);
  }
  if (!has_duplicates_) return 0;
  const int last = mdb_cursor_get(cursor_, key, value, MDB_LAST_DUP);
  return last != 0 ? last : Current(key, value);
}

int RangeCursor::After(Slice last_key, Slice last_value, MDB_val* key, MDB_val* value) {
  *key = ToVal(last_key);
  const int rc = mdb_cursor_get(cursor_, key, value, MDB_SET_RANGE);
  if (rc == MDB_NOTFOUND) return options_.reverse ? mdb_cursor_get(cursor_, key, value, MDB_LAST) : rc;
  if (rc != 0) return rc;
  if (!IsSame(ToSlice(*key), last_key)) {
    return options_.reverse ? mdb_cursor_get(cursor_, key, value, MDB_PREV) : 0;
  }
  if (!has_duplicates_) return Next(key, value);
  // An empty value stands before all others of its key, but LMDB cannot look for it.
  if (last_value.size == 0) return options_.reverse || value->mv_size == 0 ? Next(key, value) : 0;
  return AfterValue(ToVal(last_key), ToVal(last_value), key, value);
}

// Does the work of After if `last_key` is still there: searches among the key's values.
int RangeCursor::AfterValue(MDB_val last_key, MDB_val last_value, MDB_val* key, MDB_val* value) {
  *key = last_key;
  *value = last_value;
  int rc = mdb_cursor_get(cursor_, key, value, MDB_GET_BOTH_RANGE);
  if (rc == MDB_NOTFOUND) {
    // All values left at this key come before the last one.
    *key = last_key;
    rc = mdb_cursor_get(cursor_, key, value, MDB_SET_KEY);
    if (rc != 0) return rc;
    if (!options_.reverse) return mdb_cursor_get(cursor_, key, value, MDB_NEXT_NODUP);
    rc = mdb_cursor_get(cursor_, key, value, MDB_LAST_DUP);
    return rc != 0 ? rc : Current(key, value);
  }
  if (rc != 0) return rc;
  if (!options_.reverse && !IsSame(ToSlice(*value), ToSlice(last_value))) return Current(key, value);
  return Next(key, value);
}

bool RangeCursor::IsBeyond(Slice key) const {
  const std::string& bound = options_.reverse ? options_.lower : options_.upper;
  const bool open = options_.reverse ? options_.lower_open : options_.upper_open;
  const int order = Compare(key, ToSlice(BoundOf(bound)));
  return (options_.reverse ? -order : order) >= (open ? 0 : 1);
}

int RangeCursor::Count(uint64_t* count) {
  *count = 0;
  MDB_val key;
  MDB_val value;
  int rc = First(&key, &value);
  while (rc == 0 && *count < options_.limit) {
    MDB_val last;
    if (leasehold_leaf_last(cursor_, &last) && (!HasEnd() || !IsBeyond(ToSlice(last)))) {
      *count += leasehold_leaf_skip(cursor_);
    } else if (HasEnd() && IsBeyond(ToSlice(key))) {
      break;
    } else {
      size_t values = 1;
      if (has_duplicates_) mdb_cursor_count(cursor_, &values);
      *count += values;
    }
    rc = mdb_cursor_get(cursor_, &key, &value, MDB_NEXT_NODUP);
  }
  *count = std::min(*count, options_.limit);
  return rc == MDB_NOTFOUND ? 0 : rc;
}

}  // namespace leasehold
