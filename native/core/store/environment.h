// A handle on a Database: what one open() of one thread owns.
#ifndef LEASEHOLD_CORE_ENVIRONMENT_H_
#define LEASEHOLD_CORE_ENVIRONMENT_H_

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/database/database.h"
#include "core/store/snapshot.h"
#include "core/versions/state_table.h"

namespace leasehold {

// Counts the snapshots that its transactions stand on. All members are for the thread that opened it.
class Environment {
 public:
  // Opens the database in a directory, or shares it if this process has it open.
  static Status Open(const std::string& path, const OpenOptions& options, std::unique_ptr<Environment>* environment);
  ~Environment() { (void)Close(); }
  // Every transaction of this handle must have been destroyed. The last handle of a database closes it; the status then
  // tells whether all commits reached the disk. Safe to repeat.
  Status Close();

  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  Database* database() const { return database_; }
  bool read_only() const { return read_only_; }

  // Gives a snapshot of the newest version: the last one given, if nobody has committed since, or a new one. The caller
  // calls SnapshotUserEnded when it stops reading, and then ReleaseSnapshot when it lends no memory any more.
  Status AcquireSnapshot(Snapshot** snapshot);
  void ReleaseSnapshot(Snapshot* snapshot);
  void SnapshotUserEnded(Snapshot* snapshot);
  size_t live_snapshots() const { return live_snapshots_; }
  // The snapshots on which no transaction is open any more.
  size_t draining_snapshots() const { return draining_snapshots_; }

  // How many bytes drains would copy for the leases that are alive, and the most that it may be. Leases that nobody can
  // reach count until they are swept.
  size_t held_bytes = 0;
  size_t most_held_bytes = SIZE_MAX;

  // The shared states of this handle; null until one of its collections shares states.
  std::unique_ptr<StateTable> states;

  // Adds a batch to the database's queue. Where a commit takes as long as the disk, the queue then waits for further
  // ones of this handle until EndAdding. Elsewhere that takes longer than what it saves: 12 us a batch.
  Status AddBatch(std::shared_ptr<WriteBatch> batch, BatchQueue::Done done);
  // Says that no further batches follow at once. Safe to repeat.
  void EndAdding();
  // Commits a batch in the calling thread, if nothing must be waited for: not the disk, not another writer, not a batch
  // that was added before. Otherwise returns false, and has done nothing. `batch->status` tells how it ended. The
  // caller tells those that wait for a commit through this handle.
  bool CommitNow(WriteBatch* batch);

  // The number that this handle has for a collection, always the same one.
  uint32_t AddCollection(Collection* collection);
  // The collection of a number; null if there is none.
  Collection* FindCollection(uint32_t id) const { return id < collections_.size() ? collections_[id] : nullptr; }

 private:
  Environment(Database* database, bool read_only) : database_(database), read_only_(read_only) {
    database_->map().AddHold(&hold_);
  }

  Status BeginSnapshot(Snapshot** snapshot);

  Database* database_;   // null once it is closed
  bool adding_ = false;  // whether the queue of batches waits for EndAdding
  const bool read_only_;
  MapHold hold_{0};             // by which its snapshots hold the map
  Snapshot* spare_ = nullptr;   // one without users, to be used again; its LMDB transaction is reset
  bool may_spare_ = false;      // whether the database allows this handle a spare one
  Snapshot* newest_ = nullptr;  // the last one that was begun, while it has users
  size_t live_snapshots_ = 0;
  size_t draining_snapshots_ = 0;
  std::vector<Collection*> collections_;
  std::unordered_map<const Collection*, uint32_t> collection_ids_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_ENVIRONMENT_H_
