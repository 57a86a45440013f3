// An LMDB cursor on a range of a collection.
#ifndef LEASEHOLD_CORE_RANGE_CURSOR_H_
#define LEASEHOLD_CORE_RANGE_CURSOR_H_

#include "core/database/collection.h"
#include "core/range/range_options.h"
#include "core/store/transaction.h"

namespace leasehold {

// Has the bounds, and finds where the range begins. The user of this class counts the entries. Calls that move the
// cursor return LMDB's codes: MDB_NOTFOUND if the collection has no further entry. They do not stop at the end of the
// range: the caller must check that by IsBeyond.
class RangeCursor {
 public:
  RangeCursor(const Collection& collection, RangeOptions&& options)
      : has_duplicates_(collection.has_duplicates()), options_(std::move(options)) {}
  ~RangeCursor() { Close(); }
  RangeCursor(const RangeCursor&) = delete;
  RangeCursor& operator=(const RangeCursor&) = delete;

  // The cursor must be closed before the transaction ends.
  int Open(MDB_txn* txn, MDB_dbi dbi) { return mdb_cursor_open(txn, dbi, &cursor_); }
  void Close() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
    cursor_ = nullptr;
  }

  MDB_cursor* cursor() const { return cursor_; }
  const RangeOptions& options() const { return options_; }
  bool has_duplicates() const { return has_duplicates_; }

  // Goes to the first entry of the range, in the range's direction. If the range is empty, goes to an entry beyond its
  // end.
  int First(MDB_val* key, MDB_val* value);
  // Goes to the entry that now comes after the given one, which may have been deleted.
  int After(Slice last_key, Slice last_value, MDB_val* key, MDB_val* value);
  int Next(MDB_val* key, MDB_val* value) {
    return mdb_cursor_get(cursor_, key, value, options_.reverse ? MDB_PREV : MDB_NEXT);
  }
  int Current(MDB_val* key, MDB_val* value) { return mdb_cursor_get(cursor_, key, value, MDB_GET_CURRENT); }

  // Whether the range has a bound at its end, and whether a key is beyond that bound.
  bool HasEnd() const { return options_.reverse ? options_.has_lower : options_.has_upper; }
  bool IsBeyond(Slice key) const;

  // How many entries the range has. It must not be reverse. Moves the cursor.
  int Count(uint64_t* count);

 private:
  int FirstReverse(MDB_val* key, MDB_val* value);
  int AfterValue(MDB_val last_key, MDB_val last_value, MDB_val* key, MDB_val* value);

  MDB_cursor* cursor_ = nullptr;
  const bool has_duplicates_;
  const RangeOptions options_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RANGE_CURSOR_H_
