// LMDB's read-only transactions of one Database: begun, ended, and kept to be used again.
#ifndef LEASEHOLD_CORE_READ_POOL_H_
#define LEASEHOLD_CORE_READ_POOL_H_

#include <lmdb.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "core/database/database_files.h"
#include "core/database/memory_map.h"
#include "core/status.h"

namespace leasehold {

// A transaction that is kept is reset: it has its reader slot still, and no version. Beginning it anew then takes no
// search for a slot. Some are parked, for any thread, and each Environment may have a spare one of its own.
//
// Every transaction that is begun holds the map. Members are safe to call from any thread.
class ReadPool {
 public:
  // All three outlive this.
  ReadPool(MDB_env* env, MemoryMap* map, const DatabaseFiles* files) : env_(env), map_(map), files_(files) {}
  // The transactions that were begun must have ended.
  ~ReadPool();
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  // To be called once, when the environment has been opened.
  void Attach();

  // Begins a transaction of the newest version. If another process has made the file larger than the map, the map is
  // moved first; MDB_MAP_RESIZED if others hold it. MDB_READERS_FULL if no slot is free, those of dead processes
  // included. What DatabaseFiles::CheckVersion says.
  Status Begin(MDB_txn** txn);
  // Ends a transaction that Begin gave, and parks it.
  void End(MDB_txn* txn);

  // Begin and End for a thread that keeps a transaction for itself and has a MapHold of `map`: they take no lock.
  // `*txn` is one that Reset has left, or null. After an error it is null.
  Status Renew(MDB_txn** txn, MapHold* hold);
  void Reset(MDB_txn* txn, MapHold* hold);
  // Gives a transaction that was reset to whoever calls Begin next; ends it if enough are parked.
  void Park(MDB_txn* txn);

  // Whether the caller may keep one for itself, since each takes a reader slot; until UnreserveSpare.
  bool ReserveSpare();
  void UnreserveSpare() { spares_.fetch_sub(1); }

 private:
  Status BeginHeld(MDB_txn** txn);
  Status BeginAny(MDB_txn** txn);

  MDB_env* const env_;
  MemoryMap* const map_;
  const DatabaseFiles* const files_;
  size_t most_parked_ = 0;
  std::atomic<size_t> spares_{0};  // reserved ones: at most most_parked_
  std::mutex mutex_;               // guards what follows
  std::vector<MDB_txn*> parked_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_READ_POOL_H_
