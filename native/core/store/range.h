// Walks a range of a collection, describing entries in batches or handing them out one at a time.
#ifndef LEASEHOLD_CORE_RANGE_H_
#define LEASEHOLD_CORE_RANGE_H_

#include <string>
#include <vector>

#include "core/store/range_options.h"
#include "core/store/transaction.h"

namespace leasehold {

// Rows of one table whose keys lie in one window, and whose values lie in one.
struct Batch {
  uint32_t count = 0;
  size_t bytes = 0;  // of the keys and values described
  uint32_t key_window = 0;
  uint32_t value_window = 0;
  // The next entry lies in no single window, or not in the map: it can be had with Step alone.
  bool needs_copy = false;
};

// A cursor must be destroyed before its transaction. In a read transaction it keeps an LMDB cursor; in a write
// transaction it finds its place anew in each call, so that it sees what was written meanwhile, whatever that was.
class RangeCursor {
 public:
  static Status Open(Transaction* transaction, Collection* collection, RangeOptions options,
                     std::unique_ptr<RangeCursor>* cursor);
  ~RangeCursor();
  RangeCursor(const RangeCursor&) = delete;
  RangeCursor& operator=(const RangeCursor&) = delete;

  Transaction* transaction() const { return transaction_; }
  const Collection& collection() const { return *collection_; }
  bool done() const { return done_; }

  // Describes up to `max` further entries, of up to `budget` bytes unless one alone is larger. For read transactions.
  Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch);
  // The next entry; `*found` is false at the end. Valid until the next call that writes, or the transaction's end.
  Status Step(MDB_val* key, MDB_val* value, bool* found);
  // Copies up to `max` further entries into memory of this cursor, of up to `budget` bytes in all, and gives their
  // number and the rows, whose offsets count from the first key. None, and not done: the next one is larger, and can be
  // had with Step. In a write transaction it looks again even if it was done.
  Status Copy(uint32_t max, size_t budget, uint32_t* count);
  const std::vector<leasehold_row>& copied_rows() const { return copied_rows_; }
  Slice copied_bytes() const { return Slice{reinterpret_cast<const uint8_t*>(copied_.data()), copied_.size()}; }
  // Takes back the last `count` entries that Copy gave, but not all of them, in a write transaction: they are looked
  // for anew.
  void TakeBack(uint32_t count);
  // How many entries the whole range has, wherever this stands in it.
  Status Size(uint64_t* count) const;
  // How many entries a forward range has, of which none was given out yet.
  Status Count(uint64_t* count);
  // Deletes every entry of a range of a write transaction, of which none was given out yet. After an error `*count`
  // says how many have gone all the same.
  Status Delete(uint64_t* count);

 private:
  RangeCursor(Transaction* transaction, Collection* collection, RangeOptions options)
      : transaction_(transaction), collection_(collection), options_(std::move(options)) {}

  Status DeleteNextKey(bool* found);
  int Seek(MDB_val* key, MDB_val* value);
  int SeekAgain(MDB_val* key, MDB_val* value);
  int Next(MDB_val* key, MDB_val* value);
  // A write transaction's cursor is open during one call.
  Status Enter(bool* absent);
  void Leave();
  // The next entry, not given out yet; `*found` is false at the end. The cursor is open.
  Status Look(MDB_val* key, MDB_val* value, bool* found);
  void Give(const MDB_val& key, const MDB_val& value);
  // Whether a key lies beyond the bound at which the range ends.
  bool Beyond(Slice key) const;
  bool HasEnd() const { return options_.reverse ? options_.has_lower : options_.has_upper; }
  // Among several values a key, a write transaction finds its place again by the value.
  bool NeedsValues() const {
    return !options_.keys_only || (transaction_->is_write() && collection_->has_duplicates());
  }
  void CutAtEnd(const ReadTransaction& transaction, const leasehold_row* rows, Batch* batch);

  Transaction* const transaction_;
  Collection* const collection_;
  const RangeOptions options_;
  MDB_cursor* cursor_ = nullptr;
  bool placed_ = false;   // the cursor stands on an entry, given out unless it is pending
  bool pending_ = false;  // the cursor stands on an entry that was not given out yet
  bool done_ = false;
  int failed_ = 0;  // LMDB's cursor may stand anywhere after an error, so that every later call ends with the same one
  uint64_t given_ = 0;
  std::string last_key_;  // where a write transaction's cursor has come to
  std::string last_value_;
  std::vector<leasehold_row> copied_rows_;
  std::string copied_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RANGE_H_
