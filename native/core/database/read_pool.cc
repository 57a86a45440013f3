#include "core/database/read_pool.h"

#include "core/database/reader_slots.h"

namespace leasehold {
namespace {

// Of so many reader slots, one may be taken by a transaction that is parked.
constexpr size_t kSlotsPerParked = 64;

}  // namespace

ReadPool::~ReadPool() {
  for (MDB_txn* txn : parked_) mdb_txn_abort(txn);
}

void ReadPool::Attach() {
  // A lock file that was there has the number of slots that it was made with.
  unsigned slots = 0;
  mdb_env_get_maxreaders(env_, &slots);
  most_parked_ = slots / kSlotsPerParked;
}

Status ReadPool::Begin(MDB_txn** txn) {
  map_->Hold();
  Status status = BeginHeld(txn);
  if (status.code() == MDB_MAP_RESIZED) {
    map_->Release();
    const bool moved = map_->Move(0).ok();
    map_->Hold();
    if (moved) status = BeginHeld(txn);
  }
  if (!status.ok()) map_->Release();
  return status;
}

Status ReadPool::BeginHeld(MDB_txn** txn) {
  Status status = BeginAny(txn);
  if (status.ok()) {
    status = files_->CheckVersion(*txn);
    if (!status.ok()) mdb_txn_abort(*txn);
  }
  return status;
}

Status ReadPool::BeginAny(MDB_txn** txn) {
  {
    const std::lock_guard lock(mutex_);
    if (!parked_.empty()) {
      *txn = parked_.back();
      parked_.pop_back();
      const int rc = mdb_txn_renew(*txn);
      if (rc == 0) return Status();
      mdb_txn_abort(*txn);
      return Status(rc);
    }
  }
  return Status(TakeReaderSlot(env_, txn));
}

void ReadPool::End(MDB_txn* txn) {
  mdb_txn_reset(txn);
  Park(txn);
  map_->Release();
}

Status ReadPool::Renew(MDB_txn** txn, MapHold* hold) {
  if (*txn != nullptr) {
    map_->Hold(hold);
    if (mdb_txn_renew(*txn) == 0 && files_->CheckVersion(*txn).ok()) return Status();
    MemoryMap::Release(hold);
    mdb_txn_abort(*txn);
  }
  *txn = nullptr;
  Status status = Begin(txn);
  if (!status.ok()) return status;
  hold->fetch_add(1);
  map_->Release();
  return status;
}

void ReadPool::Reset(MDB_txn* txn, MapHold* hold) {
  mdb_txn_reset(txn);
  MemoryMap::Release(hold);
}

bool ReadPool::ReserveSpare() {
  if (spares_.fetch_add(1) < most_parked_) return true;
  spares_.fetch_sub(1);
  return false;
}

void ReadPool::Park(MDB_txn* txn) {
  const std::lock_guard lock(mutex_);
  if (parked_.size() < most_parked_) {
    parked_.push_back(txn);
  } else {
    mdb_txn_abort(txn);
  }
}

}  // namespace leasehold
