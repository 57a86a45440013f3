// The entries of a range as a read transaction sees them.
#ifndef LEASEHOLD_CORE_SNAPSHOT_ROWS_H_
#define LEASEHOLD_CORE_SNAPSHOT_ROWS_H_

#include <memory>

#include "core/range/range_cursor.h"
#include "core/rows/rows.h"
#include "core/store/read_transaction.h"

namespace leasehold {

// Describes entries where they lie in the map, so that they can be lent: they are valid until the transaction is
// destroyed. Must be destroyed before the transaction.
class SnapshotRows final : public Rows {
 public:
  static Status Open(ReadTransaction* transaction, Collection* collection, RangeOptions&& options,
                     std::unique_ptr<Rows>* rows);

  // Keys of one batch lie in one window, and its values in one. `needs_step` for an entry that lies in no single
  // window, or not in the map.
  Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) override;
  Status Step(Slice* key, Slice* value, bool* found) override;
  Status Count(uint64_t* count) override;

 private:
  SnapshotRows(ReadTransaction* transaction, Collection* collection, RangeOptions&& options)
      : transaction_(transaction), collection_(collection), range_(*collection, std::move(options)) {}

  int Next(MDB_val* key, MDB_val* value);
  void CutAtEnd(const leasehold_row* rows, Batch* batch);

  ReadTransaction* const transaction_;
  Collection* const collection_;
  RangeCursor range_;
  bool placed_ = false;   // the cursor stands on an entry, given out unless it is pending
  bool pending_ = false;  // the cursor stands on an entry that was not given out yet
  int failed_ = 0;  // LMDB's cursor may stand anywhere after an error, so that every later call ends with the same one
  uint64_t given_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SNAPSHOT_ROWS_H_
