#include "core/sync/shared_signal.h"

#include <limits.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace leasehold {

#ifdef __linux__

void SharedSignal::Raise() {
  const uint32_t before = __atomic_fetch_add(number_, 2, __ATOMIC_SEQ_CST);
  if ((before & kSleeps) == 0) return;
  // Whoever sleeps next says so again.
  __atomic_fetch_and(number_, ~kSleeps, __ATOMIC_SEQ_CST);
  // Not FUTEX_PRIVATE_FLAG: other processes sleep too.
  syscall(SYS_futex, number_, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void SharedSignal::Sleep(uint32_t count, std::chrono::nanoseconds most) {
  const uint32_t number = __atomic_or_fetch(number_, kSleeps, __ATOMIC_SEQ_CST);
  if (number >> 1 != count) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most);
  timespec timeout{};
  timeout.tv_sec = static_cast<decltype(timeout.tv_sec)>(seconds.count());
  timeout.tv_nsec = static_cast<decltype(timeout.tv_nsec)>((most - seconds).count());
  // Returns at once if the number has changed meanwhile.
  syscall(SYS_futex, number_, FUTEX_WAIT, number, &timeout, nullptr, 0);
}

#else

void SharedSignal::Raise() {
  __atomic_fetch_add(number_, 2, __ATOMIC_SEQ_CST);
  const std::lock_guard lock(mutex_);
  raised_.notify_all();
}

void SharedSignal::Sleep(uint32_t count_then, std::chrono::nanoseconds most) {
  std::unique_lock lock(mutex_);
  raised_.wait_for(lock, most, [&] { return count() != count_then; });
}

#endif

}  // namespace leasehold
