// The entries of a range as a write transaction sees them, including its own writes.
#ifndef LEASEHOLD_CORE_LIVE_ROWS_H_
#define LEASEHOLD_CORE_LIVE_ROWS_H_

#include <memory>
#include <string>
#include <vector>

#include "core/range/range_cursor.h"
#include "core/rows/rows.h"

namespace leasehold {

// Each call searches its place again, so that it sees all that was written since the last call. Must be destroyed
// before the transaction.
class LiveRows final : public Rows {
 public:
  static Status Open(Transaction* transaction, Collection* collection, RangeOptions&& options,
                     std::unique_ptr<Rows>* rows);

  // Describes copies, which the next call overwrites: LMDB moves entries when others are written. Searches again even
  // if the last call found no more entries. Sets `needs_step` for an entry that is larger than `budget`.
  Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) override;
  // The entry is not copied: it is valid until the next write.
  Status Step(Slice* key, Slice* value, bool* found) override;
  Status Seek(const RangeBound& place, uint64_t unread) override;
  Status Count(uint64_t* count) override;
  bool TakeBack(uint32_t count) override;

 private:
  LiveRows(Transaction* transaction, Collection* collection, RangeOptions&& options)
      : Rows(options.LeadIn(*collection)),
        transaction_(transaction),
        collection_(collection),
        range_(*collection, std::move(options)) {}

  // Open and close LMDB's cursor at the beginning and the end of a call.
  Status Enter(bool* absent);
  void Leave() {
    range_.Close();
    placed_ = false;
  }
  // Finds the next entry; `*found` is false at the end. The value is without its header. The cursor must be open.
  Status Look(MDB_val* key, MDB_val* value, bool* found);
  // Whether a key comes before one that was returned, or before the place to go on from. Then the entry is damaged, and
  // searching it again and again would not end.
  bool GoesBack(Slice key) const;
  // Appends a copy of an entry, with the value's header, to `copied_rows_`.
  void Copy(Slice key, Slice value);
  // Remember which entry was returned last. The second takes the last one of `copied_rows_`.
  void SetLast(Slice key, Slice value);
  void SetLastCopied();
  // With several values a key, the value is needed to find the place again.
  bool NeedsValues() const { return !range_.options().keys_only || range_.has_duplicates(); }

  Transaction* const transaction_;
  Collection* const collection_;
  RangeCursor range_;
  bool placed_ = false;  // whether LMDB's cursor is on the entry that was returned last
  int failed_ = 0;
  uint64_t given_ = 0;
  RangeBound place_;  // where to go on: after the entry that was returned last, or where Seek was told to
  std::vector<leasehold_row> copied_rows_;
  std::string copied_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LIVE_ROWS_H_
