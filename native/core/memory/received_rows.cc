#include "core/memory/received_rows.h"

namespace leasehold {

uint32_t ReceivedRows::FirstWrong() const {
  size_t named = 0;
  for (uint32_t i = 0; i < count; i++) {
    named += size_t{rows[i].key_length} + rows[i].value_length;
    if (!IsInside(rows[i]) || named > size) return i;
  }
  return count;
}

uint32_t ReceivedRows::Run(uint32_t first, size_t* bytes_named) const {
  *bytes_named = 0;
  uint32_t i = first;
  for (; i < count && IsInside(rows[i]); i++) {
    const size_t more = size_t{rows[i].key_length} + rows[i].value_length;
    if (i > first && *bytes_named + more > kReceivedLeaseBytes) break;
    *bytes_named += more;
  }
  return i - first;
}

}  // namespace leasehold
