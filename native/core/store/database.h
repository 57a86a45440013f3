// One LMDB environment of this process, shared by every handle and every thread that has it open.
#ifndef LEASEHOLD_CORE_DATABASE_H_
#define LEASEHOLD_CORE_DATABASE_H_

#include <lmdb.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/deadline.h"
#include "core/lmdb/lmdb_access.h"
#include "core/status.h"
#include "core/store/batch_queue.h"
#include "core/store/collection.h"
#include "core/sync/syncer.h"

namespace leasehold {

class ChangeObserver;
class WriteTransaction;

// What a handle asks of its environment. An option that is not given takes its default, or what is open already.
struct OpenOptions {
  std::optional<size_t> map_size;
  std::optional<unsigned> max_collections;
  std::optional<unsigned> max_readers;
  std::optional<Durability> durability;
  std::optional<unsigned> sync_interval;  // in milliseconds
  bool read_only = false;
  std::optional<bool> locks;  // false: no lock file, for a read-only environment that nobody writes to
  bool lends = true;          // whether reads lend memory: kept here for those who open it later
  bool lends_given = false;
};

// By (device, inode).
using FileId = std::pair<dev_t, ino_t>;

// How often one thread holds the map. No other thread changes it: that costs half of what a number that all share does.
using MapHold = std::atomic<int64_t>;

// What a write transaction has done to a collection, and what is to be put back if it is rolled back.
struct CollectionChange {
  Collection* collection;
  uint64_t until;
};

// LMDB forbids opening a file twice in a process, so databases stand in one registry by their files. A Database lives
// from the first Open to the matching last Release. Its members are safe to call from any thread but where a comment
// says otherwise.
//
// Lock order: who holds one of these may wait for one below it, never for one above it.
//   1. the registry's mutex, held while a file is opened or closed
//   2. writer_mutex_, by which one thread of this process at a time waits for LMDB's write lock, or has it
//   3. LMDB's write lock, which all processes share
//   4. a hold on the map (HoldMap), which every snapshot and every write transaction has. It is never waited for: what
//      moves the map gives up (kBusy) while others hold it, and what wants to hold it waits while it moves, which takes
//      microseconds
//   5. map_mutex_, held while the map moves
//   6. LMDB's lock of the table of readers
//   7. holds_mutex_, pool_mutex_, collections_mutex_ and the mutex of the queue of batches, held for a few instructions
// So a read waits for no writer: where another process has made the file larger, it moves the map by itself, unless
// other transactions hold it.
class Database {
 public:
  static Status Open(const std::string& path, const OpenOptions& options, Database** database);
  // Gives one Open back. The caller's transactions must have ended. The last one closes it, whatever becomes of what it
  // brings to the disk first.
  Status Release();

  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  MDB_env* env() const { return env_; }
  const std::string& path() const { return path_; }
  bool read_only() const { return read_only_; }
  bool lends() const { return lends_; }
  size_t map_size();
  const uint8_t* map_base() const { return map_base_; }
  // Changes whenever the map may have moved; windows over an earlier one must not be used.
  unsigned map_generation() const { return map_generation_.load(std::memory_order_acquire); }
  // How many bytes of the map the newest transaction may use.
  size_t used_bytes();
  size_t file_size() const;
  // The last one committed by anybody. For a caller that holds the map.
  uint64_t last_transaction() const;

  // The map does not move between these: held by every snapshot, and briefly (MapUse) by whatever else reads the map.
  void HoldMap();
  void ReleaseMap();
  // Makes a thread's own hold count, until it is removed.
  void AddHold(const MapHold* hold);
  void RemoveHold(const MapHold* hold);
  void Info(MDB_envinfo* info);
  // The reader slots that are taken.
  std::vector<leasehold_reader> ListReaders() const;

  // A read-only LMDB transaction that has just begun, from the pool of parked ones if there is one. It holds the map.
  // If another process has made the file larger than the map, the map is moved first, if nothing holds it.
  Status BeginRead(MDB_txn** txn);
  // Gives its reader slot's version back and keeps it for the next BeginRead, or ends it.
  void EndRead(MDB_txn* txn);
  // The two for a thread that keeps one transaction for itself, and has a MapHold: no lock is needed. `*txn` is one
  // that ResetRead left, or null; if it cannot be renewed it is ended, and another is begun.
  Status RenewRead(MDB_txn** txn, MapHold* hold);
  void ResetRead(MDB_txn* txn, MapHold* hold);
  // One that was reset is kept for the next BeginRead of any thread, or ended.
  void Park(MDB_txn* txn);
  // Whether one more may be kept so, since each takes a reader slot; until UnreserveSpare.
  bool ReserveSpare();
  void UnreserveSpare() { spares_.fetch_sub(1); }

  // Moves the map to a new size, 0 for the one that the file has. kBusy while any transaction is alive; first waits for
  // those that write, until the deadline.
  Status Resize(size_t map_size, Deadline deadline);

  // The unnamed database.
  Collection* main() const { return main_; }
  // The collection of that name that a transaction sees, null if it sees none.
  Status FindCollection(MDB_txn* txn, const char* name, Collection** collection);
  // Finds the handle of a collection for a transaction; it is among `seen` then, and need not be asked for again.
  // `*absent` if the transaction does not see it. kNoCollection if it sees another one of that name, made later.
  Status UseCollection(MDB_txn* txn, Collection* collection, SeenCollections* seen, MDB_dbi* dbi, bool* absent);
  // The names of all collections.
  static Status ListCollections(MDB_txn* txn, std::vector<std::string>* names);
  // For the write transaction of a version: the collections that it makes, and those that it drops. What they append
  // to `changes` is handed to UndoLives before the write lock is given back, if the transaction is rolled back.
  Collection* BeginLife(const char* name, unsigned flags, uint64_t version, std::vector<CollectionChange>* changes);
  static void EndLife(Collection* collection, uint64_t version, std::vector<CollectionChange>* changes);
  static void UndoLives(const std::vector<CollectionChange>& changes);

  // The innermost write transaction of the calling thread, null if it has none.
  WriteTransaction* writer() const;
  // Waits until no other thread of this process is writing, then for LMDB's own lock. kBusy, with who may have it,
  // after the deadline. `txn` is to be ended by EndWrite.
  Status BeginWrite(Deadline deadline, MDB_txn** txn);
  // The kBusy for who has waited for a writer in vain.
  Status WriterBusy() const;
  // Before a commit: ENOENT if a file of the database was deleted or replaced, so that nobody would find what is
  // committed. Without durability, a few ms may pass before it is noticed.
  Status CheckFiles();
  void SetWriter(WriteTransaction* writer);
  void EndWrite();
  // What LMDB's code for a failed write means. MDB_MAP_FULL names the readers that keep pages from being used again.
  Status WriteFailure(int rc) const;

  // Who is told of changes. For the thread that has the write lock, or before anything is written.
  std::vector<ChangeObserver*>& observers() { return observers_; }

  BatchQueue& batches() { return batches_; }
  Syncer& syncer() { return syncer_; }

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}
  ~Database();

  Status OpenEnv(const OpenOptions& options);
  Status OpenFiles();
  // Makes data.mdb if there is none, whole or not at all.
  Status MakeFile();
  Status CheckExtent();
  Status CheckAgreement(const OpenOptions& options);
  Status OpenMain();
  Status OpenHandle(Collection* collection);
  MDB_dbi GiveUpHandle();
  Collection* LivingAt(const std::string& name, unsigned flags, uint64_t version) const;
  Collection* AddLife(const std::string& name, unsigned flags, uint64_t since);
  int BeginWriteHeld(Deadline deadline, MDB_txn** txn);
  Status MoveMap(size_t map_size);
  bool MapIsHeld();
  int DataFile() const;
  Status ClaimFiles();
  // What an error of LMDB's that opening ended with means.
  Status WhyNotOpened(int rc) const;
  // EROFS if it could have no lock file and was not asked to do without.
  Status CheckLocked() const;
  // For a transaction that has just begun: whether what it sees is the newest version of the database that others see.
  Status CheckVersion(MDB_txn* txn) const;
  void HoldMap(MapHold* hold);
  Status BeginReadHeld(MDB_txn** txn);
  Status BeginAnyRead(MDB_txn** txn);
  // For a write transaction that has just begun: frees the slots of dead processes if a reader lags far behind.
  void FreeDeadReaders(MDB_txn* txn);

  const std::string path_;
  MDB_env* env_ = nullptr;
  FileId data_file_;
  FileId lock_file_;      // (0, 0) if it has none
  int references_ = 1;    // guarded by the registry's mutex
  bool closing_ = false;  // too
  bool read_only_ = false;
  bool locks_ = true;
  // The directory that the files were opened in, wherever it is moved; -1 if it cannot be opened.
  int folder_ = -1;
  bool files_have_names_ = true;                           // not on every file system
  std::chrono::steady_clock::time_point files_checked_{};  // guarded by writer_mutex_
  uint64_t unlocked_version_ = 0;                          // where it has no lock file, the one that it must stay at
  unsigned max_collections_ = 0;
  unsigned max_readers_ = 0;
  Durability durability_ = Durability::kSync;
  bool lends_ = true;
  size_t most_parked_ = 0;

  std::atomic<const uint8_t*> map_base_{nullptr};
  std::atomic<unsigned> map_generation_{1};
  std::atomic<int64_t> map_holds_{0};
  std::mutex holds_mutex_;
  std::vector<const MapHold*> holds_;
  std::mutex map_mutex_;
  std::atomic<bool> moving_{false};

  std::atomic<size_t> spares_{0};  // reserved: at most most_parked_, as there are parked ones
  std::mutex pool_mutex_;
  std::vector<MDB_txn*> parked_;

  std::mutex collections_mutex_;
  std::deque<Collection> collections_;  // never shrinks: Collection* stay valid
  std::map<std::string, std::vector<Collection*>> lives_;
  Collection* main_ = nullptr;
  MDB_dbi next_handle_ = kFirstHandle;

  std::timed_mutex writer_mutex_;
  std::atomic<std::thread::id> writer_thread_{};
  WriteTransaction* writer_ = nullptr;  // read and written by writer_thread_ only
  std::vector<ChangeObserver*> observers_;

  Syncer syncer_{this};
  BatchQueue batches_{this};
};

// Holds the map in a scope.
class MapUse {
 public:
  explicit MapUse(Database* database) : database_(database) { database_->HoldMap(); }
  ~MapUse() { database_->ReleaseMap(); }
  MapUse(const MapUse&) = delete;
  MapUse& operator=(const MapUse&) = delete;

 private:
  Database* const database_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_DATABASE_H_
