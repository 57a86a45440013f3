// The entries of a range as a read transaction sees them.
#ifndef LEASEHOLD_CORE_SNAPSHOT_ROWS_H_
#define LEASEHOLD_CORE_SNAPSHOT_ROWS_H_

#include <memory>

#include "core/range/range_cursor.h"
#include "core/rows/rows.h"
#include "core/store/read_transaction.h"

namespace leasehold {

// Describes entries in the map itself, so that they can be lent. They are valid until the transaction is destroyed.
// Must be destroyed before the transaction.
class SnapshotRows final : public Rows {
 public:
  static Status Open(ReadTransaction* transaction, Collection* collection, RangeOptions&& options,
                     std::unique_ptr<Rows>* rows);

  // All keys of a batch are in one window, and all values in one. Sets `needs_step` for an entry whose key or value is
  // not inside one window, or not in the map.
  Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) override;
  Status Step(Slice* key, Slice* value, bool* found) override;
  Status Seek(const RangeBound& place, uint64_t unread) override;
  Status Count(uint64_t* count) override;

 private:
  SnapshotRows(ReadTransaction* transaction, Collection* collection, RangeOptions&& options)
      : Rows(options.LeadIn(*collection)),
        transaction_(transaction),
        collection_(collection),
        range_(*collection, std::move(options)) {}

  int Next(MDB_val* key, MDB_val* value);
  void CutAtEnd(const leasehold_row* rows, Batch* batch);

  ReadTransaction* const transaction_;
  Collection* const collection_;
  RangeCursor range_;
  bool placed_ = false;   // whether the cursor is on an entry
  bool pending_ = false;  // whether that entry has not been returned yet
  int failed_ = 0;        // after an error, LMDB's cursor may be anywhere: all later calls return the same error
  uint64_t given_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SNAPSHOT_ROWS_H_
