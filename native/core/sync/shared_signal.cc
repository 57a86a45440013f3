#include "core/sync/shared_signal.h"

#include <limits.h>

#include <random>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#endif

namespace leasehold {
namespace {

uint32_t NewMark() {
  const uint32_t bits = std::random_device()() & 0xffff;
  return bits | (~bits << 16);
}

}  // namespace

SharedSignal::SharedSignal() : mark_(NewMark()) {}

#ifdef __linux__

void SharedSignal::Raise() {
  const uint32_t before = __atomic_fetch_add(number_, 2, __ATOMIC_SEQ_CST);
  if ((before & kSleeps) == 0) return;
  // Whoever sleeps next says so again.
  __atomic_fetch_and(number_, ~kSleeps, __ATOMIC_SEQ_CST);
  // Not FUTEX_PRIVATE_FLAG: other processes sleep too.
  syscall(SYS_futex, number_, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

uint32_t SharedSignal::RaiseForOthers() {
  const uint32_t before = __atomic_fetch_add(number_, 2, __ATOMIC_SEQ_CST);
  // kSleeps stays: those that are not woken have said so once.
  if ((before & kSleeps) != 0) syscall(SYS_futex, number_, FUTEX_WAKE_BITSET, INT_MAX, nullptr, nullptr, ~mark_);
  return before >> 1;
}

void SharedSignal::Sleep(uint32_t count, std::chrono::nanoseconds most) {
  const uint32_t number = __atomic_or_fetch(number_, kSleeps, __ATOMIC_SEQ_CST);
  if (number >> 1 != count) return;
  // A time, not a duration, for FUTEX_WAIT_BITSET.
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  const auto nanoseconds = std::chrono::nanoseconds(until.tv_nsec) + most;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(nanoseconds);
  until.tv_sec += static_cast<decltype(until.tv_sec)>(seconds.count());
  until.tv_nsec = static_cast<decltype(until.tv_nsec)>((nanoseconds - seconds).count());
  // Returns at once if the number has changed meanwhile.
  syscall(SYS_futex, number_, FUTEX_WAIT_BITSET, number, &until, nullptr, mark_);
}

#else

void SharedSignal::Raise() {
  __atomic_fetch_add(number_, 2, __ATOMIC_SEQ_CST);
  const std::lock_guard lock(mutex_);
  raised_.notify_all();
}

uint32_t SharedSignal::RaiseForOthers() { return __atomic_fetch_add(number_, 2, __ATOMIC_SEQ_CST) >> 1; }

void SharedSignal::Sleep(uint32_t count_then, std::chrono::nanoseconds most) {
  std::unique_lock lock(mutex_);
  raised_.wait_for(lock, most, [&] { return count() != count_then; });
}

#endif

}  // namespace leasehold
