#include "core/store/environment.h"

#include <chrono>
#include <utility>

#include "core/database/open_databases.h"
#include "core/lmdb/lmdb_map.h"
#include "core/store/write_transaction.h"

namespace leasehold {
namespace {

bool CommitsReachDisk(MDB_env* env) {
  unsigned flags;
  return mdb_env_get_flags(env, &flags) == 0 && (flags & MDB_NOSYNC) == 0;
}

}  // namespace

Status Environment::Open(const std::string& path, const OpenOptions& options,
                         std::unique_ptr<Environment>* environment) {
  Database* database;
  Status status = OpenDatabase(path, options, &database);
  if (!status.ok()) return status;
  environment->reset(new Environment(database, options.read_only));
  return Status();
}

Status Environment::Close() {
  if (database_ == nullptr) return Status();
  EndAdding();
  if (spare_ != nullptr) {
    database_->reads().Park(spare_->txn);
    delete spare_;
  }
  if (may_spare_) database_->reads().UnreserveSpare();
  database_->map().RemoveHold(&hold_);
  database_->turn().Release(this);
  return ReleaseDatabase(std::exchange(database_, nullptr));
}

Status Environment::AcquireSnapshot(Snapshot** snapshot) {
  if (newest_ != nullptr && newest_->id == database_->last_transaction()) {
    if (newest_->open_users++ == 0) draining_snapshots_--;
    newest_->users++;
    *snapshot = newest_;
    return Status();
  }
  Snapshot* begun;
  Status status = BeginSnapshot(&begun);
  if (!status.ok()) return status;
  begun->users = begun->open_users = 1;
  live_snapshots_++;
  *snapshot = newest_ = begun;
  return Status();
}

Status Environment::BeginSnapshot(Snapshot** snapshot) {
  std::unique_ptr<Snapshot> begun(std::exchange(spare_, nullptr));
  if (!begun) begun = std::make_unique<Snapshot>();
  Status status = database_->reads().Renew(&begun->txn, &hold_);
  if (!status.ok()) return status;
  begun->id = mdb_txn_id(begun->txn);
  begun->tid = Snapshot::kUnknownTid;
  begun->seen.Clear();
  begun->map_generation = database_->map().generation();
  begun->used_bytes = leasehold_used_bytes(begun->txn);
  *snapshot = begun.release();
  return Status();
}

void Environment::SnapshotUserEnded(Snapshot* snapshot) {
  if (--snapshot->open_users == 0) draining_snapshots_++;
}

void Environment::ReleaseSnapshot(Snapshot* snapshot) {
  if (--snapshot->users > 0) return;
  live_snapshots_--;
  draining_snapshots_--;
  if (newest_ == snapshot) newest_ = nullptr;
  database_->reads().Reset(snapshot->txn, &hold_);
  if (!may_spare_) may_spare_ = database_->reads().ReserveSpare();
  if (may_spare_ && spare_ == nullptr) {
    spare_ = snapshot;
  } else {
    database_->reads().Park(snapshot->txn);
    delete snapshot;
  }
}

Status Environment::AddBatch(std::shared_ptr<WriteBatch> batch, BatchQueue::Done done) {
  if (!adding_ && CommitsReachDisk(database_->env())) {
    database_->batches().BeginAdding();
    adding_ = true;
  }
  return database_->batches().Add(std::move(batch), std::move(done));
}

void Environment::EndAdding() {
  if (std::exchange(adding_, false)) database_->batches().EndAdding();
}

bool Environment::CommitNow(WriteBatch* batch) {
  if (CommitsReachDisk(database_->env()) || database_->writer() != nullptr || !database_->batches().is_idle()) {
    return false;
  }
  std::unique_ptr<WriteTransaction> transaction;
  batch->status = WriteTransaction::Begin(this, std::chrono::steady_clock::now(), &transaction);
  if (batch->status.code() == kBusy) return false;
  if (batch->status.ok()) batch->Apply(transaction.get());
  if (batch->status.ok()) {
    transaction->BeToldByOwner();
    batch->status = transaction->Commit();
  }
  return true;
}

uint32_t Environment::AddCollection(Collection* collection) {
  const auto [entry, added] = collection_ids_.try_emplace(collection, static_cast<uint32_t>(collections_.size()));
  if (added) collections_.push_back(collection);
  return entry->second;
}

}  // namespace leasehold
