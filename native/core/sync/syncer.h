// Brings to the disk the commits that are not brought there as they are made, so that the database survives a power
// cut.
//
// LMDB uses the pages of a version again two commits later. Where commits are not synced, the disk may then have some
// pages of many versions and all pages of none. So under `periodic` one version, the synced one, stays whole on the
// disk:
//
//   pin      a reader slot keeps the version's pages from being used again
//   sync     the file is brought to the disk, where the version is whole then
//   record   the version's meta page goes into synced.mdb, and to the disk
//   release  only now may the pages of the version that was synced before be used again
//
// After a power cut the version in synced.mdb is put back into data.mdb (restore.h).
//
// Every process that writes while synced.mdb is in use has a pin, whatever its own durability: the other processes may
// die, and their slots are freed then. A pin of any version keeps all later versions too. So it is enough that no pin
// is of a later version than the one in synced.mdb. A process that is idle raises its pin to what others have recorded,
// or the file would grow; and it syncs what others have committed and not synced, since they may be dead.
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

// One for each Database, which outlives it. Members are safe to call from any thread, but where a comment says
// otherwise.
class Syncer {
 public:
  using Done = std::function<void(Status)>;

  explicit Syncer(Database* database) : database_(database) {}
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  // To be called before any other member.
  void Configure(Durability durability, unsigned interval_ms) {
    durability_ = durability;
    interval_ms_ = interval_ms;
  }
  unsigned interval_ms() const { return interval_ms_; }

  // For a write transaction that has just begun: pins a version, if one must be. Fails if an earlier sync has failed,
  // since nothing can become durable any more.
  Status BeforeWrite(MDB_txn* txn);
  // For a write transaction that has committed and given back the write lock: syncs, or wakes the thread that will. If
  // it fails, the commit has been made all the same.
  Status AfterCommit();

  // Brings to the disk what has been committed so far.
  Status Sync();
  // Has a thread do the same. `done` is called once, by that thread or by the one that calls Stop; or by this one, if
  // no thread can be started.
  void Request(Done done);
  // Sync, if versions are pinned and the newest one is not known to be on the disk.
  Status SyncPinned();
  // Syncs for the last time, while the environment is still open, and ends the thread. Nothing may be committed
  // afterwards.
  Status Stop();

 private:
  // These are called with sync_mutex_ held, but for Follow.

  // Begins to pin: syncs the newest version, and records it.
  Status Begin();
  // Syncs the newest version, records it, and releases the one before.
  Status Advance();
  // What an idle process does: raises its pin to what others have recorded, or syncs what they have left unsynced.
  Status Follow();
  // The last sync. The only process that pins then says in synced.mdb that all is on the disk.
  Status Finish();
  Status MakePins();
  void DropPins();
  // Pins the newest version with the slot that is free, and syncs the file. Gives what synced.mdb is to say of the
  // version.
  Status SyncNewest(SyncedVersion* version);
  // Writes a version to synced.mdb; but not over a later one, unless `always`.
  Status Record(SyncedVersion* version, bool always);
  // Whether another process pins, as synced.mdb tells.
  bool OthersPin();
  Status Flush();
  // Makes every later sync and every write fail. Gives the status to return.
  Status Fail(Status status);

  void Run();
  // Does nothing if it is started. The caller holds mutex_.
  Status StartThread();

  Database* const database_;
  Durability durability_ = Durability::kSync;
  unsigned interval_ms_ = 0;

  std::atomic<bool> pinning_{false};
  std::atomic<bool> has_failed_{false};
  // Whether the thread is to sync something that was committed.
  std::atomic<bool> dirty_{false};
  std::atomic<uint64_t> synced_id_{0};  // the version that is pinned as the synced one

  std::mutex sync_mutex_;  // held while a version is synced, guards what follows
  SyncedFile file_;
  BootId boot_{};
  // Two reader slots, used alternately: one pins the synced version while the other pins the one that is being synced.
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
