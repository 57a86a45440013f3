#include "core/range/open_range.h"

#include "core/expiry/unexpired_rows.h"
#include "core/range/live_rows.h"
#include "core/range/snapshot_rows.h"
#include "core/transact/overlay_rows.h"

namespace leasehold {

Status OpenRange(Transaction* transaction, Collection* collection, RangeOptions&& options,
                 std::unique_ptr<Rows>* rows) {
  if (collection->expires()) return UnexpiredRows::Open(transaction, collection, std::move(options), rows);
  return OpenAllRows(transaction, collection, std::move(options), rows);
}

Status OpenAllRows(Transaction* transaction, Collection* collection, RangeOptions&& options,
                   std::unique_ptr<Rows>* rows) {
  if (transaction->is_write()) return LiveRows::Open(transaction, collection, std::move(options), rows);
  auto* reading = static_cast<ReadTransaction*>(transaction);
  if (Overlay* overlay = transaction->overlay()) {
    Overlay::Work* work;
    Status status = overlay->Use(collection, &work);
    if (!status.ok()) return status;
    if (work != nullptr) return OverlayRows::Open(reading, overlay, work, std::move(options), rows);
  }
  return SnapshotRows::Open(reading, collection, std::move(options), rows);
}

}  // namespace leasehold
