#include <algorithm>

#include "addon/lending.h"
#include "addon/sources/js_lease.h"

namespace leasehold {
namespace {

// How many rows each lease of a group covers: as many as have about kLeaseBytes on average, and as few that none has
// more than twice as many bytes.
uint32_t RowsOfLease(const Batch& batch, const leasehold_row* rows, uint32_t lead) {
  // Rounded so that a lease has a little less than kLeaseBytes on average.
  const size_t leases = std::max<size_t>((batch.bytes + kLeaseBytes * 3 / 4) / kLeaseBytes, 1);
  auto run = static_cast<uint32_t>((batch.count + leases - 1) / leases);
  for (; run > 1; run /= 2) {
    size_t most = 0;
    for (uint32_t i = 0; i < batch.count;) {
      size_t bytes = 0;
      for (const uint32_t end = std::min(i + run, batch.count); i < end; i++)
        bytes += rows[i].key_length + lead + size_t{rows[i].value_length};
      most = std::max(most, bytes);
    }
    if (most <= 2 * kLeaseBytes) break;
  }
  return run;
}

}  // namespace

void LendBatch(Addon* addon, ReadTransaction* transaction, OpenCursor* cursor, napi_value object, const Batch& batch,
               leasehold_row* rows) {
  uint32_t* control = addon->control.data;
  Source& source = transaction->source;
  const uint32_t lead = cursor->core->lead();
  auto* lease = new JsLease(addon->env, object);
  const uint32_t run = RowsOfLease(batch, rows, lead);
  const bool is_group = run < batch.count;
  if (is_group) {
    source.AddGroup(lease);
  } else {
    source.Add(lease);
  }
  SetRows(lease, *transaction, rows, batch.count, lead, batch.bytes, batch.key_window, batch.value_window);
  control[kControlRun] = run;
  control[kControlCollected] = 0;
  cursor->EndGroup();
  if (!is_group) return;
  lease->run = run;
  lease->holder = &cursor->group;
  cursor->group = lease;
  const uint64_t collections = addon->Collections();
  if (collections != transaction->groups_seen) control[kControlCollected] = 1;
  transaction->groups_seen = collections;
}

}  // namespace leasehold
