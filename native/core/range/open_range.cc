#include "core/range/open_range.h"

#include "core/range/live_rows.h"
#include "core/range/snapshot_rows.h"

namespace leasehold {

Status OpenRange(Transaction* transaction, Collection* collection, RangeOptions&& options,
                 std::unique_ptr<Rows>* rows) {
  if (transaction->is_write()) return LiveRows::Open(transaction, collection, std::move(options), rows);
  return SnapshotRows::Open(static_cast<ReadTransaction*>(transaction), collection, std::move(options), rows);
}

}  // namespace leasehold
