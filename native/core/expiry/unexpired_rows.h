// The rows of a range of a collection whose values expire, without those that have expired.
#ifndef LEASEHOLD_CORE_UNEXPIRED_ROWS_H_
#define LEASEHOLD_CORE_UNEXPIRED_ROWS_H_

#include <memory>
#include <vector>

#include "core/range/range_options.h"
#include "core/rows/rows.h"
#include "core/store/transaction.h"

namespace leasehold {

// Reads the rows of the whole range, and leaves out those whose time has come. Each call looks at the clock once.
class UnexpiredRows final : public Rows {
 public:
  static Status Open(Transaction* transaction, Collection* collection, RangeOptions&& options,
                     std::unique_ptr<Rows>* rows);

  Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) override;
  Status Step(Slice* key, Slice* value, bool* found) override;
  Status Seek(const RangeBound& place, uint64_t unread) override;
  Status Count(uint64_t* count) override;
  bool TakeBack(uint32_t count) override;

 private:
  UnexpiredRows(Transaction* transaction, Collection* collection, RangeOptions&& options)
      : Rows(options.LeadIn(*collection)),
        transaction_(transaction),
        collection_(collection),
        options_(std::move(options)) {}

  // Opens `all_` from the beginning of the range.
  Status OpenAll();
  // Goes behind the entries that the range leaves out at its beginning: the range begins there from now on, whatever
  // expires. Does nothing the next time. If the range has no more entries, `all_` is at its end.
  Status SkipOffset();
  // Finds the next entry that has not expired.
  Status StepOver(Slice* key, Slice* value, bool* found);
  // Moves the rows that have not expired together, and leaves `batch` with these. If entries can change, `all_` goes
  // back to the last of them: otherwise an entry that is added before the next one that has expired would be missed.
  Status LeaveOutExpired(leasehold_row* rows, uint64_t now, Batch* batch);
  // Has `all_` go on behind this row of the last Fill.
  Status GoBackTo(uint32_t row);
  void NoteGiven(uint32_t count);

  Transaction* const transaction_;
  Collection* const collection_;
  RangeOptions options_;
  std::unique_ptr<Rows> all_;
  uint64_t given_ = 0;
  // Of the last Fill, if entries can change: which of its rows were returned, and how many there were.
  std::vector<uint32_t> kept_;
  uint32_t filled_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_UNEXPIRED_ROWS_H_
