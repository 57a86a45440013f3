#include "core/sync/syncer.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include "core/database/database.h"
#include "core/database/reader_slots.h"
#include "core/files/flush.h"

namespace leasehold {
namespace {

// How often an idle process looks at what others have done.
constexpr std::chrono::milliseconds kFollowInterval{1000};

}  // namespace

Status Syncer::BeforeWrite(MDB_txn* txn) {
  if (has_failed_) {
    const std::lock_guard lock(sync_mutex_);
    return Status(failure_);
  }
  if (pinning_) {
    // The pages that a sync would release may be the only ones left.
    return leasehold_base_id(txn) != synced_id_ && leasehold_is_nearly_full(txn) ? Sync() : Status();
  }
  if (durability_ != Durability::kPeriodic && !OthersPin()) return Status();
  const std::lock_guard lock(sync_mutex_);
  return Begin();
}

Status Syncer::AfterCommit() {
  if (!pinning_) return Status();
  if (durability_ == Durability::kPeriodic || durability_ == Durability::kNoSync) {
    if (dirty_.exchange(true)) return Status();
    const std::lock_guard lock(mutex_);
    wake_.notify_one();
    // Without a thread each commit is synced at once: dirty_ must not say that the thread will do it.
    if (StartThread().ok()) return Status();
    dirty_ = false;
  }
  Status status = Sync();
  return status.ok() ? Status() : Status(status.code(), "it was committed, but " + status.Message());
}

Status Syncer::Sync() {
  const std::lock_guard lock(sync_mutex_);
  return pinning_ ? Advance() : Flush();
}

Status Syncer::SyncPinned() {
  return pinning_ && leasehold_newest_id(database_->env()) != synced_id_ ? Sync() : Status();
}

void Syncer::Request(Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (StartThread().ok()) {
      requests_.push_back(std::move(done));
      wake_.notify_one();
      return;
    }
  }
  done(Sync());
}

Status Syncer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  thread_.Join();
  Status status;
  {
    const std::lock_guard lock(sync_mutex_);
    if (pinning_) {
      status = Finish();
    } else if (!requests_.empty()) {
      status = Flush();
    }
    pinning_ = false;
    file_.Close();
    DropPins();
  }
  for (const Done& done : requests_) done(Status(status));
  requests_.clear();
  return status;
}

Status Syncer::StartThread() {
  if (started_) return Status();
  Status status = thread_.Start([this] { Run(); });
  started_ = status.ok();
  return status;
}

void Syncer::Run() {
  std::unique_lock lock(mutex_);
  const auto is_asked = [this] { return stopping_ || !requests_.empty(); };
  const auto has_work = [&] { return is_asked() || dirty_; };
  for (;;) {
    if (pinning_) {
      wake_.wait_for(lock, kFollowInterval, has_work);
    } else {
      wake_.wait(lock, has_work);
    }
    if (!is_asked() && dirty_) wake_.wait_for(lock, std::chrono::milliseconds(interval_ms_), is_asked);
    if (stopping_) return;
    const std::vector<Done> requests = std::exchange(requests_, {});
    lock.unlock();
    const bool is_idle = !dirty_.exchange(false) && requests.empty();
    // A failure is told by the next write, by flush() and by close().
    const Status status = is_idle ? Follow() : Sync();
    for (const Done& done : requests) done(Status(status));
    lock.lock();
  }
}

bool Syncer::OthersPin() {
  if (SyncedFile::IsAbsent(database_->files().folder())) return false;
  SyncedFile file;
  if (!file.Open(database_->path(), false).ok() || !file.Lock(false).ok()) return false;
  SyncedVersion version;
  const bool found = file.Read(&version) && version.state != SyncedVersion::kClean;
  file.Unlock();
  return found;
}

// Nobody commits meanwhile: the caller has LMDB's write lock.
Status Syncer::Begin() {
  SyncedVersion version;
  Status status = ReadBootId(&boot_);
  if (status.ok()) status = MakePins();
  if (status.ok()) status = file_.Open(database_->path(), true);
  if (status.ok()) status = file_.Join();
  if (status.ok()) status = SyncNewest(&version);
  // What synced.mdb says may be of a data.mdb that was replaced since. It is written over, whatever its version: of
  // this data.mdb none is newer.
  if (status.ok()) status = Record(&version, true);
  if (status.ok()) {
    current_ ^= 1;
    synced_id_ = leasehold_meta_id(&version.meta);
    pinning_ = true;
    const std::lock_guard lock(mutex_);
    wake_.notify_one();
    // If there can be no thread, AfterCommit syncs.
    (void)StartThread();
    return status;
  }
  file_.Close();
  DropPins();
  return Status(status.code(), "the database cannot be kept safe from a power cut (synced.mdb): " + status.Message());
}

Status Syncer::Advance() {
  if (!failure_.ok()) return Status(failure_);
  SyncedVersion version;
  Status status = SyncNewest(&version);
  if (status.ok()) status = Record(&version, false);
  if (!status.ok()) return Fail(std::move(status));
  leasehold_unpin(pins_[current_]);
  current_ ^= 1;
  synced_id_ = leasehold_meta_id(&version.meta);
  return status;
}

Status Syncer::Follow() {
  const std::lock_guard lock(sync_mutex_);
  if (!pinning_ || !failure_.ok()) return Status();
  SyncedVersion recorded;
  Status status = file_.Lock(false);
  if (!status.ok()) return status;
  const bool found = file_.Read(&recorded) && recorded.state == SyncedVersion::kPinned;
  file_.Unlock();
  if (found && leasehold_meta_id(&recorded.meta) > synced_id_) {
    // The pin of the earlier version has kept this one until now.
    synced_id_ = leasehold_meta_id(&recorded.meta);
    leasehold_raise(pins_[current_], synced_id_);
    return status;
  }
  return leasehold_newest_id(database_->env()) > synced_id_ ? Advance() : Status();
}

Status Syncer::Finish() {
  if (!failure_.ok()) return Status(failure_);
  if (!file_.IsOnlyOne()) return Advance();
  SyncedVersion version;
  Status status = SyncNewest(&version);
  version.state = SyncedVersion::kClean;
  if (status.ok()) status = Record(&version, true);
  return status.ok() ? Status() : Fail(std::move(status));
}

Status Syncer::MakePins() {
  for (MDB_txn*& pin : pins_) {
    if (pin != nullptr) continue;
    const int rc = TakeReaderSlot(database_->env(), &pin);
    if (rc != 0) {
      pin = nullptr;
      return Status(rc);
    }
    mdb_txn_reset(pin);
  }
  return Status();
}

void Syncer::DropPins() {
  for (MDB_txn*& pin : pins_) {
    if (pin != nullptr) mdb_txn_abort(pin);
    pin = nullptr;
  }
}

// In place of mdb_env_sync, which reads the map: the map may be moved meanwhile.
Status Syncer::Flush() { return FlushFile(database_->files().data()); }

Status Syncer::SyncNewest(SyncedVersion* version) {
  version->state = SyncedVersion::kPinned;
  version->boot = boot_;
  {
    const MapUse use(&database_->map());
    const int rc = leasehold_pin(pins_[current_ ^ 1], &version->meta);
    if (rc != 0) return Status(rc);
  }
  Status status = Flush();
  if (!status.ok()) return status;
  return Status(leasehold_hash_roots(database_->files().data(), &version->meta, &version->roots));
}

Status Syncer::Record(SyncedVersion* version, bool always) {
  Status status = file_.Lock(true);
  if (!status.ok()) return status;
  SyncedVersion before;
  const bool is_in_use = file_.Read(&before) && before.state != SyncedVersion::kClean;
  if (is_in_use && before.state == SyncedVersion::kFailed) {
    status = Status(EIO, "bringing the database to the disk failed in another process: close it in every process");
  } else if (always || !is_in_use || leasehold_meta_id(&before.meta) < leasehold_meta_id(&version->meta)) {
    status = file_.Write(version);
  }
  file_.Unlock();
  return status;
}

// What a failed sync has not written, a later one does not try again: Linux reports an error once. So only the version
// in synced.mdb is durable any more, and the database goes back to it when it is next opened.
Status Syncer::Fail(Status status) {
  SyncedVersion synced;
  if (file_.Lock(true).ok()) {
    if (file_.Read(&synced) && synced.state == SyncedVersion::kPinned) {
      synced.state = SyncedVersion::kFailed;
      (void)file_.Write(&synced);
    }
    file_.Unlock();
  }
  failure_ =
      Status(status.code(), "bringing the database to the disk failed (" + status.Message() +
                                "): nothing can be committed any more, and what was committed since the last sync "
                                "will be gone when the database is opened anew; close it in every process");
  has_failed_ = true;
  return Status(failure_);
}

}  // namespace leasehold
