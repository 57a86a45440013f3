#include "core/expiry/expiry.h"

#include <time.h>

#include <atomic>

namespace leasehold {
namespace {

std::atomic<int64_t> clock_shift{0};

}  // namespace

uint64_t CurrentTime() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const int64_t ms = int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000 + clock_shift.load(std::memory_order_relaxed);
  return static_cast<uint64_t>(std::max<int64_t>(ms, 1));
}

void ShiftClock(int64_t by) { clock_shift.store(by, std::memory_order_relaxed); }

}  // namespace leasehold
