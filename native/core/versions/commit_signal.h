// Wakes threads of this process and of others after a commit.
#ifndef LEASEHOLD_CORE_COMMIT_SIGNAL_H_
#define LEASEHOLD_CORE_COMMIT_SIGNAL_H_

#include <stdint.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace leasehold {

// A number that goes up with each commit, and on which threads can sleep (an "eventcount"). It stands in lock.mdb, so
// that all processes share it. On Linux the kernel wakes the sleepers of all processes (futex). Other systems wake
// those of this process; there, a sleeper looks at the number again every kPoll.
//
// A process that is killed between its commit and Raise leaves a commit that is not signalled, and so does one that
// shares no lock file with this one. So whoever sleeps also looks for itself, every limit().
//
// Members but Attach are safe to call from any thread.
class CommitSignal {
 public:
  CommitSignal() = default;
  CommitSignal(const CommitSignal&) = delete;
  CommitSignal& operator=(const CommitSignal&) = delete;

  // To be called once, before any other member. `shared`: leasehold_shared_number(). Null: this process shares its
  // number with no other.
  void Attach(uint32_t* shared) {
    if (shared == nullptr) return;
    number_ = shared;
    is_shared_ = true;
  }

  // Changes with each Raise.
  uint32_t count() const { return __atomic_load_n(number_, __ATOMIC_SEQ_CST) >> 1; }
  // To be called after a commit. Makes a system call only if a thread sleeps.
  void Raise();
  // Sleeps until count() is not `count` any more, at most limit(). May return earlier.
  void Await(uint32_t count);
  // How often a sleeper looks for itself.
  std::chrono::nanoseconds limit() const { return is_shared_ ? kLimit : kPoll; }

 private:
#ifdef __linux__
  static constexpr std::chrono::milliseconds kLimit{50};
#else
  static constexpr std::chrono::milliseconds kLimit{12};
  std::mutex mutex_;
  std::condition_variable raised_;
#endif
  static constexpr std::chrono::milliseconds kPoll{12};

  // The count, doubled, plus kSleeps if a thread may be asleep.
  static constexpr uint32_t kSleeps = 1;

  uint32_t own_number_ = 0;
  uint32_t* number_ = &own_number_;
  bool is_shared_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_COMMIT_SIGNAL_H_
