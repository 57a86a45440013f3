// The right to write to a database, which one thread of one process has at a time.
#ifndef LEASEHOLD_CORE_WRITE_LOCK_H_
#define LEASEHOLD_CORE_WRITE_LOCK_H_

#include <lmdb.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "core/database/memory_map.h"
#include "core/deadline.h"
#include "core/status.h"

namespace leasehold {

class WriteTransaction;

// A mutex of this process, so that one of its threads at a time waits for LMDB's write lock, or has it. Members are
// safe to call from any thread, but where a comment says otherwise.
class WriteLock {
 public:
  // Both outlive this.
  WriteLock(MDB_env* env, MemoryMap* map) : env_(env), map_(map) {}
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

  // Waits until no other thread of this process is writing, then for LMDB's lock, and begins LMDB's transaction, which
  // holds the map. kBusy, with who may have the lock, after the deadline. If another process has made the file larger
  // than the map, the map is moved first.
  Status Begin(Deadline deadline, MDB_txn** txn);
  // For the thread that has begun, once its LMDB transaction has ended.
  void End();

  // The innermost write transaction of the calling thread, null if it has none.
  WriteTransaction* writer() const { return thread_.load() == std::this_thread::get_id() ? writer_ : nullptr; }
  // For the thread that has begun: what `writer` gives from now on.
  void set_writer(WriteTransaction* writer) { writer_ = writer; }

  // Moves the map to a new size, in bytes, while nobody writes. kBusy if somebody is still writing at the deadline, or
  // if any transaction is open, one of this thread included.
  Status Resize(size_t map_size, Deadline deadline);

  // The kBusy for who has waited for a writer in vain.
  Status Busy() const;

 private:
  bool LockMutex(Deadline deadline);
  int BeginLocked(Deadline deadline, MDB_txn** txn);

  MDB_env* const env_;
  MemoryMap* const map_;
  std::timed_mutex mutex_;
  std::atomic<std::thread::id> thread_{};  // that has it, none if none
  WriteTransaction* writer_ = nullptr;     // read and written by thread_ only
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_WRITE_LOCK_H_
