#include "core/database/write_lock.h"

#include <cerrno>
#include <chrono>

#include "core/lmdb/lmdb_files.h"
#include "core/lmdb/lmdb_locks.h"
#include "core/locks/lock_owner.h"

namespace leasehold {

bool WriteLock::LockMutex(Deadline deadline) {
  if (deadline) return mutex_.try_lock_until(*deadline);
  mutex_.lock();
  return true;
}

Status WriteLock::Begin(Deadline deadline, MDB_txn** txn) {
  if (!LockMutex(deadline)) return Busy();
  int rc = BeginLocked(deadline, txn);
  // Each time, another process has made the file larger meanwhile.
  while (rc == MDB_MAP_RESIZED && map_->Move(0).ok()) rc = BeginLocked(deadline, txn);
  if (rc == 0) {
    thread_.store(std::this_thread::get_id());
    return Status();
  }
  mutex_.unlock();
  return rc == ETIMEDOUT ? Busy() : Status(rc);
}

// The map is held from the moment on in which LMDB's lock is had: not while the lock is waited for, so that reads can
// move the map.
int WriteLock::BeginLocked(Deadline deadline, MDB_txn** txn) {
  struct Held {
    MemoryMap* map;
    bool holds = false;
  } held{map_};
  leasehold_wait wait{LEASEHOLD_FOREVER,
                      [](void* data) {
                        auto* locked = static_cast<Held*>(data);
                        locked->map->Hold();
                        locked->holds = true;
                      },
                      &held};
  if (deadline) {
    const auto left = *deadline - std::chrono::steady_clock::now();
    wait.deadline = leasehold_now() + std::chrono::nanoseconds(left).count();
  }
  const int rc = leasehold_begin_write(env_, &wait, txn);
  if (rc != 0 && held.holds) map_->Release();
  return rc;
}

void WriteLock::End() {
  map_->Release();
  writer_ = nullptr;
  thread_.store(std::thread::id());
  mutex_.unlock();
}

Status WriteLock::Resize(size_t map_size, Deadline deadline) {
  if (thread_.load() == std::this_thread::get_id()) {
    return Status(kBusy, "the environment cannot be resized inside env.write()");
  }
  if (!LockMutex(deadline)) return Busy();
  Status status = map_->Move(map_size);
  mutex_.unlock();
  return status;
}

Status WriteLock::Busy() const {
  return Status(kBusy,
                "another writer was not done within lockTimeout: " + DescribeLockOwner(leasehold_lock_owner(env_)));
}

}  // namespace leasehold
