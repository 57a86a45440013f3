#include "core/store/batch_queue.h"

#include <algorithm>
#include <utility>

#include "core/database/database.h"
#include "core/store/write_transaction.h"

namespace leasehold {
namespace {

// How much is committed together: so much that many batches share the disk's latency, and so little that none waits
// for long.
constexpr size_t kMostGroupBytes = size_t{32} << 20;

// A few hundred transactions of JavaScript take so long, and a commit on a fast disk a quarter of it.
constexpr std::chrono::milliseconds kLongestAdding{2};

}  // namespace

Status BatchQueue::Add(std::shared_ptr<WriteBatch> batch, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!started_) {
      Status status = thread_.Start([this] { Run(); });
      if (!status.ok()) return status;
      started_ = true;
    }
    unsettled_++;
    waiting_.push_back({std::move(batch), std::move(done), nullptr});
  }
  // Without the lock, for which the thread would have to wait as soon as it wakes up.
  added_.notify_one();
  return Status();
}

void BatchQueue::BeginAdding() {
  const std::lock_guard lock(mutex_);
  if (adding_++ == 0) adding_until_ = Clock::now() + kLongestAdding;
}

void BatchQueue::EndAdding() {
  {
    const std::lock_guard lock(mutex_);
    if (--adding_ > 0) return;
  }
  all_added_.notify_one();
}

void BatchQueue::Hurry() {
  adding_until_ = Clock::time_point();
  all_added_.notify_one();
}

void BatchQueue::Sync(Syncer::Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (unsettled_ > 0) {
      waiting_.push_back({nullptr, nullptr, std::move(done)});
      return;
    }
  }
  database_->syncer().Request(std::move(done));
}

bool BatchQueue::HasOf(std::thread::id caller) const {
  return std::find(committing_.begin(), committing_.end(), caller) != committing_.end() ||
         std::any_of(waiting_.begin(), waiting_.end(),
                     [caller](const Entry& entry) { return entry.batch && entry.batch->caller == caller; });
}

bool BatchQueue::Finish(Deadline deadline) {
  if (unsettled_ == 0) return true;
  std::unique_lock lock(mutex_);
  Hurry();
  const auto settled = [this, caller = std::this_thread::get_id()] { return !HasOf(caller); };
  if (deadline) return settled_.wait_until(lock, *deadline, settled);
  settled_.wait(lock, settled);
  return true;
}

void BatchQueue::Abandon() {
  if (unsettled_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto caller = std::this_thread::get_id();
  const auto abandoned = std::remove_if(waiting_.begin(), waiting_.end(), [caller](const Entry& entry) {
    return entry.batch && entry.batch->caller == caller;
  });
  unsettled_ -= static_cast<size_t>(waiting_.end() - abandoned);
  waiting_.erase(abandoned, waiting_.end());
}

void BatchQueue::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    Hurry();
    added_.notify_one();
  }
  thread_.Join();
}

bool BatchQueue::Await() {
  std::unique_lock lock(mutex_);
  added_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  while (adding_ > 0 && Clock::now() < adding_until_) all_added_.wait_until(lock, adding_until_);
  return !stopping_ || !waiting_.empty();
}

void BatchQueue::Run() {
  while (Await()) {
    PassSyncs();
    if (!HasBatches()) continue;
    const std::vector<Entry> group = Commit();
    for (size_t i = 0; i < group.size(); i++) {
      const Entry& entry = group[i];
      WriteBatch* batch = entry.batch.get();
      // Who has added the batch tells which checks have failed.
      if (batch->conflicts.empty()) {
        batch->operations.reset();
        batch->bytes.reset();
      }
      entry.done(entry.batch, i + 1 < group.size() && group[i + 1].batch->receiver == batch->receiver);
    }
    const std::lock_guard lock(mutex_);
    unsettled_ -= group.size();
    committing_.clear();
    settled_.notify_all();
  }
}

bool BatchQueue::HasBatches() {
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

void BatchQueue::PassSyncs() {
  std::vector<Entry> syncs;
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && !waiting_.front().batch) {
      syncs.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  for (Entry& entry : syncs) database_->syncer().Request(std::move(entry.synced));
}

std::vector<BatchQueue::Entry> BatchQueue::Take() {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> group;
  size_t size = 0;
  while (!waiting_.empty() && waiting_.front().batch &&
         (group.empty() || size + waiting_.front().batch->size <= kMostGroupBytes)) {
    size += waiting_.front().batch->size;
    const std::thread::id caller = waiting_.front().batch->caller;
    if (std::find(committing_.begin(), committing_.end(), caller) == committing_.end()) committing_.push_back(caller);
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return group;
}

// A batch that fails before it has changed anything, because its first condition does not hold, leaves the others
// alone. Batches are taken once the write lock is had: while the lock is waited for, more are added, and some are
// abandoned.
std::vector<BatchQueue::Entry> BatchQueue::Commit() {
  std::unique_ptr<WriteTransaction> transaction;
  const Status begun = WriteTransaction::Begin(database_, &transaction);
  const std::vector<Entry> group = Take();
  if (!begun.ok()) {
    for (const Entry& entry : group) entry.batch->status = Status(begun);
    return group;
  }
  const bool applied = std::all_of(group.begin(), group.end(), [&](const Entry& entry) {
    entry.batch->Apply(transaction.get());
    return entry.batch->status.ok() || (!entry.batch->changed && !transaction->is_doomed());
  });
  if (applied && transaction->Commit().ok()) return group;
  transaction.reset();
  if (group.size() > 1 && CommitApart(group)) return group;
  for (const Entry& entry : group) CommitAlone(entry.batch.get());
  return group;
}

// Child transactions cost more than the batches themselves. So they are used only after a group has failed without.
bool BatchQueue::CommitApart(const std::vector<Entry>& group) {
  std::unique_ptr<WriteTransaction> transaction;
  if (!WriteTransaction::Begin(database_, &transaction).ok()) return false;
  for (const Entry& entry : group) CommitAlone(entry.batch.get());
  return transaction->Commit().ok();
}

// Begins a transaction for one batch: a child, if CommitApart has begun one.
void BatchQueue::CommitAlone(WriteBatch* batch) {
  std::unique_ptr<WriteTransaction> transaction;
  batch->status = WriteTransaction::Begin(database_, &transaction);
  if (batch->status.ok()) batch->Apply(transaction.get());
  if (batch->status.ok()) batch->status = transaction->Commit();
}

}  // namespace leasehold
