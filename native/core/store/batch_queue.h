// The batches that wait to be committed, and the thread that commits them.
#ifndef LEASEHOLD_CORE_BATCH_QUEUE_H_
#define LEASEHOLD_CORE_BATCH_QUEUE_H_

#include <atomic>
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

// One for each Database. Its thread starts with the first batch and ends with Stop. It takes the write lock first and
// then all that waits, in the order in which it was added, and commits that in one transaction. Members are safe to
// call from any thread.
class BatchQueue {
 public:
  // Called once, by the queue's thread, when the batch is committed or has failed. Not called for one that is
  // abandoned.
  using Done = std::function<void(const std::shared_ptr<WriteBatch>&)>;

  explicit BatchQueue(Database* database) : database_(database) {}
  ~BatchQueue() { Stop(); }

  // Fails only if no thread can be had. `batch->caller` is to be the calling thread.
  Status Add(std::shared_ptr<WriteBatch> batch, Done done);

  // Asks the database's Syncer once every batch that was added before is committed or has failed.
  void Sync(Syncer::Done done);
  // Waits until every batch of the calling thread is committed or has failed; false if some are not by the deadline.
  // That thread must not hold the write lock.
  bool Finish(Deadline deadline = {});
  // Forgets the batches of the calling thread that have not begun.
  void Abandon();
  // Commits what waits, and ends the thread. Nothing may be added any more.
  void Stop();

 private:
  // A batch, or without one a sync that is asked for.
  struct Entry {
    std::shared_ptr<WriteBatch> batch;
    Done done;
    Syncer::Done synced;
  };

  void Run();
  // Hands on the syncs that no batch stands before.
  void PassSyncs();
  // Settles what waits, or as much of it as goes together: each batch has its status then.
  std::vector<Entry> Commit();
  std::vector<Entry> Take();
  // Each can fail without the others; false if all failed together.
  bool CommitApart(const std::vector<Entry>& group);
  void CommitAlone(WriteBatch* batch);
  bool HasBatches();
  bool HasOf(std::thread::id caller) const;

  Database* const database_;
  // Batches that are not settled: what Finish looks at where there are none.
  std::atomic<size_t> unsettled_{0};

  std::mutex mutex_;
  std::condition_variable added_;
  std::condition_variable settled_;
  std::deque<Entry> waiting_;
  std::vector<std::thread::id> running_;  // whose batches are being committed
  bool started_ = false;
  bool stopping_ = false;
  Thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_BATCH_QUEUE_H_
