// What all calls that lend rows of the table do: they tell the lease and JavaScript about the rows.
#ifndef LEASEHOLD_ADDON_LENDING_H_
#define LEASEHOLD_ADDON_LENDING_H_

#include "addon/addon.h"

namespace leasehold {

// Makes a lease cover `count` rows, which describe `bytes` bytes in these windows. `lead`: of them, how many stand
// before each value.
inline void SetRows(Lease* lease, const ReadTransaction& transaction, leasehold_row* rows, uint32_t count,
                    uint32_t lead, size_t bytes, uint32_t key_window, uint32_t value_window) {
  lease->rows = rows;
  lease->count = count;
  lease->lead = lead;
  lease->SetBytes(bytes);
  lease->key_window = key_window;
  lease->value_window = value_window;
  lease->keys = transaction.WindowBase(key_window);
  lease->values = transaction.WindowBase(value_window);
}

// Writes to the control block which windows a lease reads.
inline void SetWindows(Addon* addon, const ReadTransaction& transaction, uint32_t key_window, uint32_t value_window) {
  uint32_t* control = addon->control.data;
  control[kControlKeyWindow] = key_window;
  control[kControlValueWindow] = value_window;
  control[kControlKeyExtent] = static_cast<uint32_t>(transaction.WindowExtent(key_window));
  control[kControlValueExtent] = static_cast<uint32_t>(transaction.WindowExtent(value_window));
  control[kControlGeneration] = transaction.snapshot().map_generation;
}

// Lends a batch of a range to a lease. If one lease is too few for it, lends it to a group, of which that lease is the
// first.
void LendBatch(Addon* addon, ReadTransaction* transaction, OpenCursor* cursor, napi_value object, const Batch& batch,
               leasehold_row* rows);

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_LENDING_H_
