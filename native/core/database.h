// One LMDB environment of this process, shared by every handle and every thread that has it open.
#ifndef LEASEHOLD_CORE_DATABASE_H_
#define LEASEHOLD_CORE_DATABASE_H_

#include <lmdb.h>
#include <sys/types.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/batch_queue.h"
#include "core/collection.h"
#include "core/status.h"

namespace leasehold {

class WriteTransaction;

// The collection in which lib/store/catalog.ts remembers codecs. It has a handle beside those of maxCollections.
constexpr char kCatalogName[] = "__leasehold";

// What a handle asks of its environment. An option that is not given takes its default, or what is open already.
struct OpenOptions {
  std::optional<size_t> map_size;
  std::optional<unsigned> max_collections;
  std::optional<unsigned> max_readers;
  std::optional<unsigned> durability;  // 0, MDB_NOMETASYNC or MDB_NOSYNC
  bool read_only = false;
  bool lends = true;  // whether reads lend memory: kept here for those who open it later
  bool lends_given = false;
};

// How often one thread holds the map. No other thread changes it: that costs half of what a number that all share does.
using MapHold = std::atomic<int64_t>;

// LMDB forbids opening a file twice in a process, so databases stand in one registry by the (device, inode) of the data
// file. A Database lives from the first Open to the matching last Release. Its members are safe to call from any thread
// but where a comment says otherwise.
class Database {
 public:
  static Status Open(const std::string& path, const OpenOptions& options, Database** database);
  // Gives one Open back. The caller's transactions must have ended.
  void Release();

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
  // For a caller that holds the map.
  uint64_t last_transaction() const;

  // The map does not move between these: held by every snapshot, and briefly (MapUse) by whatever else reads the map.
  void HoldMap();
  void ReleaseMap();
  // Makes a thread's own hold count, until it is removed.
  void AddHold(const MapHold* hold);
  void RemoveHold(const MapHold* hold);
  void Info(MDB_envinfo* info);

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

  // Moves the map to a new size, 0 for the one that the file has. kBusy while any transaction is alive.
  Status Resize(size_t map_size);

  // Finds or makes a named collection; `name` null is the unnamed database. `*collection` is null if it is absent and
  // `create` is false; one that is made has `flags` (0 or MDB_DUPSORT), others may have any. Must not be called with
  // `create` by a thread that has a write transaction here: kBusy.
  Status OpenCollection(const char* name, bool create, unsigned flags, Collection** collection);
  // The names of all collections.
  Status ListCollections(std::vector<std::string>* names);
  // Counts handles opened: what a snapshot that began at an earlier count cannot use.
  uint64_t handle_epoch() const { return handle_epoch_.load(std::memory_order_acquire); }

  // The innermost write transaction of the calling thread, null if it has none.
  WriteTransaction* writer() const;
  // Waits until no other thread of this process is writing, then for LMDB's own lock. `txn` is to be ended by EndWrite.
  Status BeginWrite(MDB_txn** txn);
  void SetWriter(WriteTransaction* writer);
  void EndWrite();

  BatchQueue& batches() { return batches_; }

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}
  ~Database();

  Status OpenEnv(const OpenOptions& options);
  Status CheckExtent();
  Status CheckAgreement(const OpenOptions& options);
  Status OpenExistingCollections();
  Status OpenHandle(const char* name, Collection** collection);
  Status MakeCollection(const char* name, unsigned flags, Collection** collection);
  void HandleOpened(Collection* collection, const char* name, MDB_dbi dbi, unsigned flags);
  Collection* FindCollection(const char* name);
  Status MoveMap(size_t map_size);
  bool MapIsHeld();
  void HoldMap(MapHold* hold);
  Status BeginReadHeld(MDB_txn** txn);
  // Whether the newest version has a collection of that name, with the flags that the handle was opened with.
  Status IsPresent(const Collection& collection, bool* present);

  const std::string path_;
  MDB_env* env_ = nullptr;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  int references_ = 1;    // guarded by the registry's mutex
  bool closing_ = false;  // too
  bool read_only_ = false;
  unsigned max_collections_ = 0;
  unsigned max_readers_ = 0;
  unsigned durability_ = 0;
  bool lends_ = true;
  size_t most_parked_ = 0;

  std::atomic<const uint8_t*> map_base_{nullptr};
  std::atomic<unsigned> map_generation_{1};
  std::atomic<int64_t> map_holds_{0};
  std::mutex holds_mutex_;
  std::vector<const MapHold*> holds_;
  std::atomic<bool> moving_{false};

  std::atomic<size_t> spares_{0};  // reserved: at most most_parked_, as there are parked ones
  std::mutex pool_mutex_;
  std::vector<MDB_txn*> parked_;

  std::mutex collections_mutex_;
  std::deque<Collection> collections_;  // never shrinks: Collection* stay valid
  std::atomic<uint64_t> handle_epoch_{0};

  std::mutex writer_mutex_;
  std::atomic<std::thread::id> writer_thread_{};
  WriteTransaction* writer_ = nullptr;  // read and written by writer_thread_ only

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
