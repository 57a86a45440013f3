// The batches that wait to be committed, and the thread that commits them.
#ifndef LEASEHOLD_CORE_BATCH_QUEUE_H_
#define LEASEHOLD_CORE_BATCH_QUEUE_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/deadline.h"
#include "core/store/write_batch.h"
#include "core/sync/syncer.h"
#include "core/thread.h"

namespace leasehold {

// One for each Database. Its thread starts with the first batch and ends with Stop. The thread first takes the write
// lock, then all batches that wait, in the order in which they were added, and commits them in one transaction. A
// commit takes as long as its disk: so the queue's thread first lets a thread that adds many batches at once add all of
// them (BeginAdding), or the first of them would be committed alone. Members are safe to call from any thread.
class BatchQueue {
 public:
  // Called once, by the queue's thread, when the batch is committed or has failed. Never called for a batch that is
  // abandoned. `more`: another call for the same receiver follows at once.
  using Done = std::function<void(const std::shared_ptr<WriteBatch>&, bool more)>;
  using Clock = std::chrono::steady_clock;

  explicit BatchQueue(Database* database) : database_(database) {}
  ~BatchQueue() { Stop(); }

  // Fails only if no thread can be started. `batch->caller` is the calling thread.
  Status Add(std::shared_ptr<WriteBatch> batch, Done done);

  // Between these two calls, a thread adds batches one after the other. The queue's thread waits meanwhile, but for no
  // longer than kLongestAdding, and not while anybody waits for a batch (Finish).
  void BeginAdding();
  void EndAdding();
  // Once every batch that was added before is committed or has failed, asks the database's Syncer for a sync, which
  // calls `done`.
  void Sync(Syncer::Done done);
  // Waits until every batch of the calling thread is committed or has failed; false if some are not by the deadline.
  // The calling thread must not hold the write lock.
  bool Finish(Deadline deadline = {});
  // Whether every batch that was added is committed or has failed.
  bool is_idle() const { return unsettled_ == 0; }
  // Forgets the batches of the calling thread that have not begun.
  void Abandon();
  // Commits what waits, and ends the thread. Nothing may be added afterwards.
  void Stop();

 private:
  // A batch with its `done`, or a sync that is asked for.
  struct Entry {
    std::shared_ptr<WriteBatch> batch;
    Done done;
    Syncer::Done synced;
  };

  void Run();
  // Waits for a batch or a sync, and for the threads that are adding more. False once there are none and Stop was
  // called.
  bool Await();
  // Has the queue's thread not wait for threads that are adding. The caller holds mutex_.
  void Hurry();
  // Passes on the syncs at the front of the queue.
  void PassSyncs();
  // Commits the batches that Take gives, and gives each its status.
  std::vector<Entry> Commit();
  // Takes batches from the front of the queue, up to a sync or as many as go into one transaction.
  std::vector<Entry> Take();
  // Commits batches in one transaction, each of which can fail alone. False if the transaction failed.
  bool CommitApart(const std::vector<Entry>& group);
  void CommitAlone(WriteBatch* batch);
  bool HasBatches();
  // Whether a batch of that thread is not settled. The caller holds mutex_.
  bool HasOf(std::thread::id caller) const;

  Database* const database_;
  // How many batches are neither committed nor failed, so that Finish takes no lock if there are none.
  std::atomic<size_t> unsettled_{0};

  std::mutex mutex_;  // guards what follows, but for thread_
  std::condition_variable added_;
  std::condition_variable all_added_;
  std::condition_variable settled_;
  size_t adding_ = 0;               // how many threads are between BeginAdding and EndAdding
  Clock::time_point adding_until_;  // until when the queue's thread waits for them
  std::deque<Entry> waiting_;
  std::vector<std::thread::id> committing_;  // the threads whose batches are being committed
  bool started_ = false;
  bool stopping_ = false;
  Thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_BATCH_QUEUE_H_
