// A handle on a Database: what one open() of one thread owns. All members belong to that thread.
#ifndef LEASEHOLD_CORE_ENVIRONMENT_H_
#define LEASEHOLD_CORE_ENVIRONMENT_H_

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/database/database.h"
#include "core/store/snapshot.h"

namespace leasehold {

class Environment {
 public:
  static Status Open(const std::string& path, const OpenOptions& options, std::unique_ptr<Environment>* environment);
  // Every transaction of this handle must have ended.
  ~Environment() { (void)Close(); }
  // The same, and tells what Database::Release says.
  Status Close();

  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  Database* database() const { return database_; }
  bool read_only() const { return read_only_; }

  // The newest snapshot, counted; a new one if a commit has happened since. Balanced by ReleaseSnapshot.
  Status AcquireSnapshot(Snapshot** snapshot);
  void ReleaseSnapshot(Snapshot* snapshot);
  // One of the transactions on a snapshot has ended, and lends memory still or not.
  void SnapshotUserEnded(Snapshot* snapshot);
  size_t live_snapshots() const { return live_snapshots_; }
  // Those on which no transaction is open.
  size_t draining_snapshots() const { return draining_snapshots_; }

  // What live leases would make drains copy, those that nobody can reach included until they are swept; and the most
  // that it may be.
  size_t held_bytes = 0;
  size_t most_held_bytes = SIZE_MAX;

  // Collections get a number in each handle; the same one for the same collection.
  uint32_t AddCollection(Collection* collection);
  Collection* FindCollection(uint32_t id) const { return id < collections_.size() ? collections_[id] : nullptr; }

 private:
  Environment(Database* database, bool read_only) : database_(database), read_only_(read_only) {
    database_->map().AddHold(&hold_);
  }

  Status BeginSnapshot(Snapshot** snapshot);

  Database* database_;  // null once closed
  const bool read_only_;
  MapHold hold_{0};             // its snapshots hold the map by this
  Snapshot* spare_ = nullptr;   // one to be used again, with its LMDB transaction, which is reset
  bool keeps_spare_ = false;    // whether there may be one: the database allows so many
  Snapshot* newest_ = nullptr;  // the last one begun, while it has users
  size_t live_snapshots_ = 0;
  size_t draining_snapshots_ = 0;
  std::vector<Collection*> collections_;
  std::unordered_map<const Collection*, uint32_t> collection_ids_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_ENVIRONMENT_H_
