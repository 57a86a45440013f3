// Going over entries without looking at each: by leaf pages, which LMDB's branch pages do not count.
#include <algorithm>

#include "core/lmdb/lmdb_map.h"
#include "core/lmdb/lmdb_rows.h"
#include "core/range/range_cursor.h"

namespace leasehold {

// Whether a key is beyond the end of the range, with all its values.
bool RangeCursor::IsKeyBeyond(Slice key) const {
  if (!end_.exists) return false;
  const int order = Compare(key, end_.KeyBytes());
  return (options_.reverse ? -order : order) >= (end_.open && !end_.has_value ? 0 : 1);
}

int RangeCursor::Skip(uint64_t count, MDB_val* key, MDB_val* value) {
  // Whether the cursor is on the first value of its key, in the range's direction. Only from there can whole keys be
  // counted.
  bool is_first = !options_.Start().has_value || options_.distinct;
  while (count > 0) {
    MDB_val last;
    if (!leasehold_leaf_key(cursor_, &last)) return MDB_CORRUPTED;
    uint64_t passed = is_first ? leasehold_leaf_skip(cursor_, options_.reverse, options_.distinct,
                                                     std::min<uint64_t>(count, SIZE_MAX))
                               : 0;
    int rc;
    if (passed > 0) {
      if (!leasehold_leaf_key(cursor_, &last)) return MDB_CORRUPTED;
      rc = leasehold_check_bytes(mdb_cursor_txn(cursor_), &last);
      if (rc == 0 && IsKeyBeyond(ToSlice(last))) return MDB_NOTFOUND;
      if (rc == 0) rc = mdb_cursor_get(cursor_, key, value, next_key_);
    } else {
      passed = std::max<uint64_t>(leasehold_values_skip(cursor_, options_.reverse, count), 1);
      rc = Next(key, value);
      MDB_val now;
      is_first = rc == 0 && leasehold_leaf_key(cursor_, &now) && now.mv_data != last.mv_data;
    }
    if (rc != 0) return rc;
    count -= passed;
  }
  return 0;
}

int RangeCursor::CountValues(MDB_val* key, MDB_val* value, uint64_t* count) {
  MDB_val own;
  if (!leasehold_leaf_key(cursor_, &own)) return MDB_CORRUPTED;
  const Slice own_key = ToSlice(own);
  for (;;) {
    MDB_val last;
    uint64_t passed = 1;
    if (!HasEnd() || (leasehold_values_last(cursor_, &last) && !IsBeyond(own_key, ToSlice(last)))) {
      passed = std::max<uint64_t>(leasehold_values_skip(cursor_, false, SIZE_MAX), 1);
    } else if (IsBeyond(own_key, ToSlice(*value))) {
      return MDB_NOTFOUND;
    }
    *count += passed;
    const int rc = Next(key, value);
    if (rc != 0) return rc;
    MDB_val now;
    if (!leasehold_leaf_key(cursor_, &now)) return MDB_CORRUPTED;
    if (now.mv_data != own.mv_data) return 0;
  }
}

int RangeCursor::Count(uint64_t* count) {
  const uint64_t most = options_.offset + options_.limit;
  *count = 0;
  MDB_val key;
  MDB_val value;
  int rc = Start(&key, &value);
  if (rc == 0 && options_.lower.has_value && !options_.distinct) rc = CountValues(&key, &value, count);
  while (rc == 0 && *count < most) {
    MDB_val last;
    const bool on_leaf = leasehold_leaf_last(cursor_, &last) != 0;
    // The last key may have values beyond the end, if the end is one of its values.
    if (on_leaf && !IsKeyBeyond(ToSlice(last)) && !(end_.has_value && IsSame(ToSlice(last), end_.KeyBytes()))) {
      *count += leasehold_leaf_skip(cursor_, false, options_.distinct, SIZE_MAX);
    } else if (IsKeyBeyond(ToSlice(key))) {
      break;
    } else if (options_.distinct) {
      ++*count;
    } else if (end_.has_value && IsSame(ToSlice(key), end_.KeyBytes())) {
      rc = CountValues(&key, &value, count);
      continue;
    } else {
      size_t values = 1;
      if (has_duplicates_) mdb_cursor_count(cursor_, &values);
      *count += values;
    }
    rc = mdb_cursor_get(cursor_, &key, &value, MDB_NEXT_NODUP);
  }
  *count = *count > options_.offset ? std::min(*count - options_.offset, options_.limit) : 0;
  return rc == MDB_NOTFOUND ? 0 : rc;
}

}  // namespace leasehold
