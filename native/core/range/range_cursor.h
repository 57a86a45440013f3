// An LMDB cursor on a range of a collection.
#ifndef LEASEHOLD_CORE_RANGE_CURSOR_H_
#define LEASEHOLD_CORE_RANGE_CURSOR_H_

#include <memory>

#include "core/database/collection.h"
#include "core/range/range_options.h"
#include "core/store/transaction.h"

namespace leasehold {

// Has the bounds, and finds where the range begins. The user of this class counts the entries. Calls that move the
// cursor return LMDB's codes: MDB_NOTFOUND if there is no further entry. They do not always stop at the end of the
// range: the caller must check that by IsBeyond.
class RangeCursor {
 public:
  RangeCursor(const Collection& collection, RangeOptions&& options);
  ~RangeCursor() { Close(); }
  RangeCursor(const RangeCursor&) = delete;
  RangeCursor& operator=(const RangeCursor&) = delete;

  // The cursor must be closed before the transaction ends.
  int Open(MDB_txn* txn, MDB_dbi dbi) {
    const int rc = mdb_cursor_open(txn, dbi, &cursor_);
    return rc == 0 && whole_ ? StoreBounds() : rc;
  }
  void Close() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
    cursor_ = nullptr;
  }

  MDB_cursor* cursor() const { return cursor_; }
  const RangeOptions& options() const { return options_; }
  // The options as they were given, but for an offset that First has used up: to open the same range in another way.
  RangeOptions GivenOptions() const;
  // Whether keys can have any length. If so, what the cursor finds are stored keys, and the bounds in options() too.
  // The places that this is given are those of keys.
  bool has_any_keys() const { return whole_ != nullptr; }
  bool has_duplicates() const { return has_duplicates_; }

  // Goes to the first entry of the range, in the range's direction. If there is none, goes to an entry beyond the end
  // or returns MDB_NOTFOUND. Uses up the offset: from then on, the range begins at the entry that was found.
  int First(MDB_val* key, MDB_val* value);
  // Goes to the first entry at a place, or if the place is open, after it, in the range's direction; not to an entry
  // before the beginning of the range. Entries may have been deleted and added there.
  int FromInside(const RangeBound& place, MDB_val* key, MDB_val* value);
  int Next(MDB_val* key, MDB_val* value) { return mdb_cursor_get(cursor_, key, value, next_); }
  int Current(MDB_val* key, MDB_val* value) { return mdb_cursor_get(cursor_, key, value, MDB_GET_CURRENT); }

  // Whether the range has a bound at its end, and whether an entry is beyond that bound. The value matters only if the
  // bound has one.
  bool HasEnd() const { return end_.exists; }
  bool IsBeyond(Slice key, Slice value) const { return IsBeyondBound(end_, key, value); }
  // The same of a key that is not as it is stored.
  bool IsKeyItselfBeyond(Slice key, Slice value) const { return IsBeyondBound(whole_end_, key, value); }
  // The same of an entry that the cursor has found. The bytes of its key must have been checked. A value that is not in
  // the map counts as empty: whoever reads it finds that it is damaged.
  bool IsAtEnd(const MDB_val& key, const MDB_val& value) const;

  // How many entries the range has. It must not be reverse. Moves the cursor.
  int Count(uint64_t* count);

 private:
  // The bounds of a range of keys that can have any length, as keys and not as stored keys.
  struct WholeBounds {
    RangeBound lower;
    RangeBound upper;
  };

  int StoreBounds();
  bool IsBeyondBound(const RangeBound& end, Slice key, Slice value) const;
  // Goes to the first entry at a place.
  int From(const RangeBound& place, MDB_val* key, MDB_val* value);
  int FromStored(const RangeBound& place, MDB_val* key, MDB_val* value);
  int Start(MDB_val* key, MDB_val* value);
  int FromReverse(const RangeBound& place, MDB_val* key, MDB_val* value);
  int FromPair(const RangeBound& place, MDB_val* key, MDB_val* value);
  // Goes over `count` entries, from the one on which the cursor is.
  int Skip(uint64_t count, MDB_val* key, MDB_val* value);
  bool IsKeyBeyond(Slice key) const;
  // Adds to `*count` the values of one key, from the entry on which the cursor is to the end of the range or to the
  // next key, and goes there.
  int CountValues(MDB_val* key, MDB_val* value, uint64_t* count);

  MDB_cursor* cursor_ = nullptr;
  const bool has_duplicates_;
  RangeOptions options_;
  const std::unique_ptr<WholeBounds> whole_;  // null unless keys can have any length
  const RangeBound& end_;
  const RangeBound& whole_end_;
  const MDB_cursor_op next_;
  const MDB_cursor_op next_key_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RANGE_CURSOR_H_
