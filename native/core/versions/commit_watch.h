// Tells whoever waits that something was committed, by any thread of any process.
#ifndef LEASEHOLD_CORE_COMMIT_WATCH_H_
#define LEASEHOLD_CORE_COMMIT_WATCH_H_

#include <stdint.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "core/status.h"
#include "core/sync/shared_signal.h"
#include "core/thread.h"

namespace leasehold {

class Database;

// One for each Database. Its thread starts with the first wait and ends with Stop. While nobody waits, the thread
// sleeps until somebody does. Members are safe to call from any thread, but where a comment says otherwise.
class CommitWatch {
 public:
  // Called once, by any thread. It must not call the CommitWatch.
  using Told = std::function<void()>;

  explicit CommitWatch(Database* database) : database_(database) {}
  ~CommitWatch() { Stop(); }
  CommitWatch(const CommitWatch&) = delete;
  CommitWatch& operator=(const CommitWatch&) = delete;

  // To be called once, when the environment has been opened.
  void Attach();

  // Calls `told` once there may be a commit with changes of versioned collections that version `seen` of the database
  // does not have. It may be called without one: whoever is told looks, and waits again. Fails only if no thread can be
  // started. `owner` is for Cancel.
  Status Wait(const void* owner, uint64_t seen, Told told);
  // Tells all that wait for this owner now.
  void Cancel(const void* owner);
  // To be called after each commit that has changed versioned collections.
  void Committed() { signal_.Raise(); }
  // The same for a commit that this owner tells itself: its waits go on, and the thread sleeps on. Should the owner
  // fail to, its waits are told when the thread looks next.
  void CommittedBy(const void* owner);
  // Ends the thread. Whoever still waits is never told.
  void Stop();

 private:
  struct Waiting {
    const void* owner;
    uint64_t seen;
    uint32_t count;  // of the signal, when the wait began
    Told told;
  };

  void Run();
  uint64_t NewestVersion();
  // Removes those for which `is_due` is true, and tells them. The caller holds mutex_.
  template <typename IsDue>
  void Tell(IsDue is_due);

  Database* const database_;
  SharedSignal signal_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable added_;
  std::vector<Waiting> waiting_;
  bool started_ = false;
  bool stopping_ = false;
  Thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_COMMIT_WATCH_H_
