#include "core/locks/transact_turn.h"

#include "core/lmdb/lmdb_files.h"
#include "core/locks/file_lock.h"

namespace leasehold {
namespace {

// The byte before those of locks by name.
constexpr off_t kTurnByte = (off_t{1} << 62) - 1;

}  // namespace

bool TransactTurn::Take(const void* owner) {
  const std::lock_guard guard(mutex_);
  if (owner_ != nullptr) return owner_ == owner;
  const int file = leasehold_lock_file(env_);
  if (file >= 0 && LockByte(file, kTurnByte, FileLock::kExclusive, false) != 0) return false;
  owner_ = owner;
  return true;
}

void TransactTurn::Release(const void* owner) {
  const std::lock_guard guard(mutex_);
  if (owner_ != owner) return;
  const int file = leasehold_lock_file(env_);
  if (file >= 0) (void)LockByte(file, kTurnByte, FileLock::kNone, false);
  owner_ = nullptr;
}

bool TransactTurn::IsTaken() {
  const std::lock_guard guard(mutex_);
  if (owner_ != nullptr) return true;
  const int file = leasehold_lock_file(env_);
  return file >= 0 && IsByteLocked(file, kTurnByte);
}

}  // namespace leasehold
