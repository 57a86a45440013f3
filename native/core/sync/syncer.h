// Brings commits to the disk that are not synced as they are made, so that the database survives a power cut.
//
// LMDB uses the pages of a version again two commits later. Where commits are not synced, the disk may then have pages
// of many versions and all of none. So under `periodic` one version, the synced one, is kept whole on the disk:
//
//   pin      a reader slot has the version's pages left alone
//   sync     the file is brought to the disk: the version is whole there
//   record   the version's meta page goes into synced.mdb, and to the disk
//   release  only now the pages of the version that was synced before may be used again
//
// After a power cut the version in synced.mdb is put back into data.mdb (restore.h).
//
// Every process of leasehold that writes while synced.mdb is in use pins for itself, whatever its own durability, since
// the others may die and their slots be freed. A pin of any version keeps all later ones as well, so it is enough that
// each process's is not later than what synced.mdb says. A process that is idle raises its pin to what others have
// recorded, or the file would grow; and it syncs what others have committed and left unsynced, since they may be dead.
//
// Lock order: LMDB's write lock, sync_mutex_, then mutex_ or the locks of synced.mdb.
#ifndef LEASEHOLD_CORE_SYNCER_H_
#define LEASEHOLD_CORE_SYNCER_H_

#include <lmdb.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "core/sync/synced_file.h"
#include "core/thread.h"

namespace leasehold {

class Database;

enum class Durability { kSync, kNoMetaSync, kNoSync, kPeriodic };

// One for each Database. Members are safe to call from any thread, but where a comment says otherwise.
class Syncer {
 public:
  using Done = std::function<void(Status)>;

  explicit Syncer(Database* database) : database_(database) {}
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  // Before any other.
  void Configure(Durability durability, unsigned interval_ms) {
    durability_ = durability;
    interval_ms_ = interval_ms;
  }
  unsigned interval_ms() const { return interval_ms_; }

  // What a write transaction does that has just begun, with LMDB's write lock: pins, if it has to be.
  Status BeforeWrite(MDB_txn* txn);
  // What it does once it has committed, without that lock. A commit that failed to become durable has been made all the
  // same.
  Status AfterCommit();

  // Brings to the disk what this process has committed so far.
  Status Sync();
  // The same by a thread. `done` is called once, by that thread or by the one that calls Stop.
  void Request(Done done);
  // Sync, if versions are kept for a power cut and this process does not know the newest to be one of them.
  Status SyncPinned();
  // The last sync, with the environment open still: nothing may be committed any more.
  Status Stop();

 private:
  Status Begin();
  Status Advance();
  Status Follow();
  Status Finish();
  Status MakePins();
  void DropPins();
  // Pins the newest version with the other slot and syncs the file; what synced.mdb is to say of it.
  Status SyncNewest(SyncedVersion* version);
  // Writes it to synced.mdb; not if that has a later version, unless `always`.
  Status Record(SyncedVersion* version, bool always);
  bool OthersPin();
  Status Flush();
  Status Fail(Status status);
  void Run();
  Status StartThread();

  Database* const database_;
  Durability durability_ = Durability::kSync;
  unsigned interval_ms_ = 0;

  std::atomic<bool> pinning_{false};
  std::atomic<bool> has_failed_{false};
  // Whether something was committed that has not been synced, as far as the thread has to know.
  std::atomic<bool> dirty_{false};
  std::atomic<uint64_t> synced_id_{0};  // the version that is pinned as the synced one

  std::mutex sync_mutex_;  // held while a version is synced, guards what follows
  SyncedFile file_;
  BootId boot_{};
  // Reader slots that take turns: one pins the synced version while the other pins the one that is being synced.
  MDB_txn* pins_[2] = {};
  int current_ = 0;  // which one pins the synced version
  Status failure_;   // why nothing can become durable any more

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<Done> requests_;
  bool started_ = false;
  bool stopping_ = false;
  Thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SYNCER_H_
