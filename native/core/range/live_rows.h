// The entries of a range as a write transaction sees them, its own writes included.
#ifndef LEASEHOLD_CORE_LIVE_ROWS_H_
#define LEASEHOLD_CORE_LIVE_ROWS_H_

#include <memory>
#include <string>
#include <vector>

#include "core/range/range_cursor.h"
#include "core/rows/rows.h"

namespace leasehold {

// Finds its place anew in each call, so that it sees what was written since, whatever that was. Must be destroyed
// before the transaction.
class LiveRows final : public Rows {
 public:
  static Status Open(Transaction* transaction, Collection* collection, RangeOptions&& options,
                     std::unique_ptr<Rows>* rows);

  // Describes copies, which the next call overwrites: LMDB moves entries when others are written. It looks again even
  // if there were no more before. `needs_step` for an entry that alone is larger than `budget`.
  Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) override;
  // The entry lies where LMDB has it, until the next write.
  Status Step(Slice* key, Slice* value, bool* found) override;
  Status Count(uint64_t* count) override;
  bool TakeBack(uint32_t count) override;

 private:
  LiveRows(Transaction* transaction, Collection* collection, RangeOptions&& options)
      : transaction_(transaction), collection_(collection), range_(*collection, std::move(options)) {}

  // LMDB's cursor is open during one call.
  Status Enter(bool* absent);
  void Leave() {
    range_.Close();
    placed_ = false;
  }
  // The next entry, not given out yet; `*found` is false at the end. The cursor is open.
  Status Look(MDB_val* key, MDB_val* value, bool* found);
  // Appends a copy of an entry to those that Fill describes.
  void Copy(Slice key, Slice value);
  // Notes which entry was given out last; the second, that it is the last one of `copied_rows_`.
  void SetLast(Slice key, Slice value);
  void SetLastCopied();
  // Among several values a key, it finds its place again by the value.
  bool NeedsValues() const { return !range_.options().keys_only || range_.has_duplicates(); }

  Transaction* const transaction_;
  Collection* const collection_;
  RangeCursor range_;
  bool placed_ = false;  // LMDB's cursor stands on the last entry that was given out
  int failed_ = 0;
  uint64_t given_ = 0;
  std::string last_key_;  // what was given out last
  std::string last_value_;
  std::vector<leasehold_row> copied_rows_;
  std::string copied_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LIVE_ROWS_H_
