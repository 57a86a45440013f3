#include "core/versions/commit_watch.h"

#include <algorithm>
#include <utility>

#include "core/database/database.h"
#include "core/lmdb/lmdb_files.h"

namespace leasehold {

void CommitWatch::Attach() { signal_.Attach(leasehold_shared_number(database_->env())); }

// Without a lock file, the version stands in the map.
uint64_t CommitWatch::NewestVersion() {
  const MapUse use(&database_->map());
  return database_->last_transaction();
}

template <typename IsDue>
void CommitWatch::Tell(IsDue is_due) {
  const auto due =
      std::stable_partition(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) { return !is_due(waiting); });
  for (auto waiting = due; waiting != waiting_.end(); ++waiting) waiting->told();
  waiting_.erase(due, waiting_.end());
}

Status CommitWatch::Wait(const void* owner, uint64_t seen, Told told) {
  // The count comes first: a commit that is not in the version read after it raises the count later.
  const uint32_t count = signal_.count();
  const bool is_newest = NewestVersion() == seen;
  const std::lock_guard lock(mutex_);
  if (!started_) {
    Status status = thread_.Start([this] { Run(); });
    if (!status.ok()) return status;
    started_ = true;
  }
  if (!is_newest || signal_.count() != count) {
    told();
    return Status();
  }
  waiting_.push_back({owner, seen, count, std::move(told)});
  if (waiting_.size() == 1) added_.notify_one();
  return Status();
}

void CommitWatch::CommittedBy(const void* owner) {
  const uint32_t before = signal_.RaiseForOthers();
  const std::lock_guard lock(mutex_);
  Tell([owner](const Waiting& waiting) { return waiting.owner != owner; });
  for (Waiting& waiting : waiting_) {
    // Otherwise there was another commit, which wakes the thread.
    if (waiting.count == before) waiting.count = SharedSignal::CountAfter(before);
  }
}

void CommitWatch::Cancel(const void* owner) {
  const std::lock_guard lock(mutex_);
  Tell([owner](const Waiting& waiting) { return waiting.owner == owner; });
}

void CommitWatch::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!started_) return;
    started_ = false;
    stopping_ = true;
    added_.notify_one();
  }
  // Wakes the thread. Other processes look once for nothing.
  signal_.Raise();
  thread_.Join();
}

void CommitWatch::Run() {
  auto looked = std::chrono::steady_clock::now();
  bool lingers = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const uint32_t count = signal_.count();
    Tell([count](const Waiting& waiting) { return waiting.count != count; });
    // Commits that were not signalled. Not more often: others may commit all the time without changing what is
    // versioned.
    const auto now = std::chrono::steady_clock::now();
    if (now - looked >= signal_.limit()) {
      looked = now;
      lock.unlock();
      const uint64_t newest = NewestVersion();
      lock.lock();
      Tell([newest](const Waiting& waiting) { return waiting.seen != newest; });
    }
    // Who was told waits again, as a rule. So the thread sleeps on the signal once more, and nobody has to wake it for
    // that. Not for longer: each commit would wake it for nobody.
    if (waiting_.empty() && !lingers) {
      added_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      lingers = true;
      continue;
    }
    lingers = !waiting_.empty();
    lock.unlock();
    signal_.Await(count);
    lock.lock();
  }
}

}  // namespace leasehold
