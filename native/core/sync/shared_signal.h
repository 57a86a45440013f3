// Wakes threads of this process and of others.
#ifndef LEASEHOLD_CORE_SHARED_SIGNAL_H_
#define LEASEHOLD_CORE_SHARED_SIGNAL_H_

#include <stdint.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace leasehold {

// A number that goes up with each Raise, and on which threads can sleep (an "eventcount"). It stands in the map of a
// file, so that all processes share it. On Linux the kernel wakes the sleepers of all processes (futex). Other systems
// wake those of this process; there, a sleeper looks at the number again every kPoll.
//
// A process that is killed before it calls Raise wakes nobody, and neither does one that shares no file with this one.
// So whoever sleeps also looks for itself, every limit().
//
// Members but Attach are safe to call from any thread.
class SharedSignal {
 public:
  SharedSignal();
  // For a caller that only raises the number of other processes.
  explicit SharedSignal(uint32_t* shared) : SharedSignal() { Attach(shared); }
  SharedSignal(const SharedSignal&) = delete;
  SharedSignal& operator=(const SharedSignal&) = delete;

  // To be called once, before any other member. `shared` is 4-byte aligned. Null: this process shares its number with
  // no other.
  void Attach(uint32_t* shared) {
    if (shared == nullptr) return;
    number_ = shared;
    is_shared_ = true;
  }

  // Changes with each Raise.
  uint32_t count() const { return __atomic_load_n(number_, __ATOMIC_SEQ_CST) >> 1; }
  // What it is after one Raise.
  static uint32_t CountAfter(uint32_t count) { return (count + 1) & (UINT32_MAX >> 1); }
  // To be called after the change that the sleepers look for. Makes a system call only if a thread sleeps.
  void Raise();
  // The same, but for threads that sleep by this object: to wake one that finds nothing would take longer than most
  // commits. It sees the change once it wakes for something else. Returns the count before. A sleeper of another
  // process that has the same mark by chance (1 of 65,536) looks for itself.
  uint32_t RaiseForOthers();
  // Sleeps until count() is not `count` any more, at most limit(). May return earlier.
  void Await(uint32_t count) { Sleep(count, limit()); }
  // For who is in no hurry: sleeps until count() is not `count` any more. May return earlier; where other processes
  // cannot wake it, it does so after kLongest.
  void AwaitLong(uint32_t count) { Sleep(count, kLongest); }
  // How often a sleeper looks for itself.
  std::chrono::nanoseconds limit() const { return is_shared_ ? kLimit : kPoll; }

 private:
  void Sleep(uint32_t count, std::chrono::nanoseconds most);

  static constexpr std::chrono::milliseconds kPoll{12};
#ifdef __linux__
  static constexpr std::chrono::milliseconds kLimit{50};
  static constexpr std::chrono::hours kLongest{24};
#else
  static constexpr std::chrono::milliseconds kLimit = kPoll;
  static constexpr std::chrono::seconds kLongest{1};
  std::mutex mutex_;
  std::condition_variable raised_;
#endif

  // The count, doubled, plus kSleeps if a thread may be asleep.
  static constexpr uint32_t kSleeps = 1;

  // By this the kernel tells whose sleepers are to be woken (FUTEX_WAKE_BITSET): of each pair of bits 16 apart, one is
  // set. So of two marks that differ, each has a bit that the other one lacks.
  const uint32_t mark_;
  uint32_t own_number_ = 0;
  uint32_t* number_ = &own_number_;
  bool is_shared_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SHARED_SIGNAL_H_
