#include "core/database.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <utility>

#include "core/lmdb_access.h"
#include "core/lmdb_locks.h"
#include "core/lock_owner.h"

namespace leasehold {
namespace {

constexpr size_t kDefaultMapSize = size_t{64} << 30;
constexpr unsigned kDefaultMaxCollections = 10000;
constexpr unsigned kDefaultMaxReaders = 1024;
// A parked transaction keeps its reader slot: one in so many of them.
constexpr size_t kSlotsPerParked = 64;
constexpr int kMostYields = 1000;
constexpr mdb_mode_t kFileMode = 0600;

using FileId = std::pair<dev_t, ino_t>;

// The only state that is global to the process.
struct Registry {
  std::mutex mutex;
  std::condition_variable closed;
  std::map<FileId, Database*> databases;
};

// Never destroyed: threads may still be closing their handles while the process ends.
Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

void ReleaseHold(MapHold* hold) { hold->store(hold->load(std::memory_order_relaxed) - 1, std::memory_order_release); }

size_t RoundToPages(size_t size) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

bool LockUntil(std::unique_lock<std::timed_mutex>* lock, Deadline deadline) {
  if (deadline) return lock->try_lock_until(*deadline);
  lock->lock();
  return true;
}

Status Disagreement(const char* option) {
  return Status(kInvalidArgument, std::string("the environment is open in this process with another ") + option +
                                      ": give the same one, or none");
}

}  // namespace

Status Database::Open(const std::string& path, const OpenOptions& options, Database** database) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return Status(errno);
  if (!S_ISDIR(info.st_mode)) return Status(ENOTDIR);
  const std::string file = path + "/data.mdb";

  Registry& registry = TheRegistry();
  std::unique_lock lock(registry.mutex);
  if (stat(file.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) return Status(MDB_INVALID, "data.mdb is not a file");
    if (info.st_size == 0 && options.read_only) return Status(MDB_INVALID, "data.mdb is empty");
    const FileId id(info.st_dev, info.st_ino);
    auto found = registry.databases.find(id);
    while (found != registry.databases.end() && found->second->closing_) {
      registry.closed.wait(lock);
      found = registry.databases.find(id);
    }
    if (found != registry.databases.end()) {
      Status agreement = found->second->CheckAgreement(options);
      if (!agreement.ok()) return agreement;
      found->second->references_++;
      *database = found->second;
      return Status();
    }
  } else if (errno != ENOENT) {
    return Status(errno);
  }

  auto* opened = new Database(path);
  Status status = opened->OpenEnv(options);
  if (status.ok() && stat(file.c_str(), &info) != 0) status = Status(errno);
  if (!status.ok()) {
    delete opened;
    return status;
  }
  opened->device_ = info.st_dev;
  opened->inode_ = info.st_ino;
  registry.databases[FileId(info.st_dev, info.st_ino)] = opened;
  *database = opened;
  return Status();
}

void Database::Release() {
  Registry& registry = TheRegistry();
  std::unique_lock lock(registry.mutex);
  if (--references_ > 0) return;
  // Its batches may have to wait for the write lock, and nobody who opens another database should wait with them.
  closing_ = true;
  lock.unlock();
  batches_.Stop();
  lock.lock();
  registry.databases.erase(FileId(device_, inode_));
  delete this;
  registry.closed.notify_all();
}

Database::~Database() {
  for (MDB_txn* txn : parked_) mdb_txn_abort(txn);
  if (env_ != nullptr) mdb_env_close(env_);
}

Status Database::OpenEnv(const OpenOptions& options) {
  read_only_ = options.read_only;
  max_collections_ = options.max_collections.value_or(kDefaultMaxCollections);
  max_readers_ = options.max_readers.value_or(kDefaultMaxReaders);
  durability_ = options.durability.value_or(0);
  lends_ = options.lends;
  int rc = mdb_env_create(&env_);
  if (rc == 0) rc = mdb_env_set_mapsize(env_, RoundToPages(options.map_size.value_or(kDefaultMapSize)));
  // One more for the collection in which leasehold remembers codecs.
  if (rc == 0) rc = mdb_env_set_maxdbs(env_, max_collections_ + 1);
  if (rc == 0) rc = mdb_env_set_maxreaders(env_, max_readers_);
  if (rc == 0) {
    rc = mdb_env_open(env_, path_.c_str(), MDB_NOTLS | durability_ | (read_only_ ? MDB_RDONLY : 0), kFileMode);
  }
  // See native/lmdb/07-reader-number.patch.
  if (rc == EBUSY) {
    return Status(
        kBusy,
        "another copy of the library has the database open in this process: close it there first, and see that "
        "only one copy is loaded (npm ls leasehold)");
  }
  if (rc != 0) return Status(rc);
  map_base_ = leasehold_map_base(env_);
  // A lock file that was there keeps the number it was made with.
  unsigned slots = 0;
  mdb_env_get_maxreaders(env_, &slots);
  most_parked_ = slots / kSlotsPerParked;
  Status status = CheckExtent();
  return status.ok() ? OpenMain() : status;
}

// LMDB maps a truncated file without complaint, and reading what is missing is a SIGBUS.
Status Database::CheckExtent() {
  MDB_stat stat;
  const int rc = mdb_env_stat(env_, &stat);
  if (rc != 0) return Status(rc);
  if (file_size() >= used_bytes()) return Status();
  MDB_txn* txn;
  Status status = BeginRead(&txn);
  if (!status.ok()) return status;
  const int extent = leasehold_check_extent(txn, file_size() / stat.ms_psize);
  EndRead(txn);
  if (extent == 0) return Status();
  return Status(extent, "data.mdb is truncated: it has " + std::to_string(file_size()) + " bytes of " +
                            std::to_string(used_bytes()) + "; restore it from a copy");
}

Status Database::CheckAgreement(const OpenOptions& options) {
  if (read_only_ && !options.read_only) {
    return Status(kInvalidArgument, "the environment is open read-only in this process: close that handle first");
  }
  if (options.map_size && RoundToPages(*options.map_size) != map_size()) return Disagreement("mapSize");
  if (options.max_collections && *options.max_collections != max_collections_) return Disagreement("maxCollections");
  if (options.max_readers && *options.max_readers != max_readers_) return Disagreement("maxReaders");
  if (options.durability && *options.durability != durability_) return Disagreement("durability");
  if (options.lends_given && options.lends != lends_) return Disagreement("memory");
  return Status();
}

void Database::Info(MDB_envinfo* info) {
  const MapUse use(this);
  mdb_env_info(env_, info);
}

size_t Database::map_size() {
  MDB_envinfo info;
  Info(&info);
  return info.me_mapsize;
}

size_t Database::used_bytes() {
  MDB_envinfo info;
  MDB_stat stat;
  const MapUse use(this);
  mdb_env_info(env_, &info);
  mdb_env_stat(env_, &stat);
  return std::min((info.me_last_pgno + 1) * stat.ms_psize, info.me_mapsize);
}

size_t Database::file_size() const {
  mdb_filehandle_t fd;
  struct stat info;
  mdb_env_get_fd(env_, &fd);
  return fstat(fd, &info) == 0 ? static_cast<size_t>(info.st_size) : 0;
}

uint64_t Database::last_transaction() const {
  MDB_envinfo info;
  mdb_env_info(env_, &info);
  return info.me_last_txnid;
}

void Database::HoldMap() {
  for (;;) {
    map_holds_.fetch_add(1);
    if (!moving_.load()) return;
    // Moving takes microseconds.
    map_holds_.fetch_sub(1);
    std::this_thread::yield();
  }
}

void Database::ReleaseMap() { map_holds_.fetch_sub(1); }

void Database::HoldMap(MapHold* hold) {
  const int64_t before = hold->load(std::memory_order_relaxed);
  if (before > 0) {
    hold->store(before + 1, std::memory_order_relaxed);
    return;
  }
  for (;;) {
    // Seen by who moves the map, or moving_ is seen here.
    hold->exchange(1);
    if (!moving_.load()) return;
    hold->store(0);
    std::this_thread::yield();
  }
}

void Database::AddHold(const MapHold* hold) {
  const std::lock_guard lock(holds_mutex_);
  holds_.push_back(hold);
}

void Database::RemoveHold(const MapHold* hold) {
  const std::lock_guard lock(holds_mutex_);
  holds_.erase(std::find(holds_.begin(), holds_.end(), hold));
}

bool Database::MapIsHeld() {
  if (map_holds_.load() > 0) return true;
  const std::lock_guard lock(holds_mutex_);
  return std::any_of(holds_.begin(), holds_.end(), [](const MapHold* hold) { return hold->load() > 0; });
}

Status Database::BeginRead(MDB_txn** txn) {
  HoldMap();
  Status status = BeginReadHeld(txn);
  if (status.code() == MDB_MAP_RESIZED && writer() == nullptr) {
    ReleaseMap();
    const bool moved = MoveMap(0).ok();
    HoldMap();
    if (moved) status = BeginReadHeld(txn);
  }
  if (!status.ok()) ReleaseMap();
  return status;
}

Status Database::BeginReadHeld(MDB_txn** txn) {
  {
    const std::lock_guard lock(pool_mutex_);
    if (!parked_.empty()) {
      *txn = parked_.back();
      parked_.pop_back();
      const int rc = mdb_txn_renew(*txn);
      if (rc == 0) return Status();
      mdb_txn_abort(*txn);
      return Status(rc);
    }
  }
  int rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, txn);
  int dead = 0;
  if (rc == MDB_READERS_FULL && mdb_reader_check(env_, &dead) == 0 && dead > 0) {
    rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, txn);
  }
  return Status(rc);
}

void Database::EndRead(MDB_txn* txn) {
  mdb_txn_reset(txn);
  Park(txn);
  ReleaseMap();
}

Status Database::RenewRead(MDB_txn** txn, MapHold* hold) {
  if (*txn != nullptr) {
    HoldMap(hold);
    if (mdb_txn_renew(*txn) == 0) return Status();
    ReleaseHold(hold);
    mdb_txn_abort(*txn);
  }
  Status status = BeginRead(txn);
  if (!status.ok()) return status;
  hold->fetch_add(1);
  ReleaseMap();
  return status;
}

void Database::ResetRead(MDB_txn* txn, MapHold* hold) {
  mdb_txn_reset(txn);
  ReleaseHold(hold);
}

bool Database::ReserveSpare() {
  if (spares_.fetch_add(1) < most_parked_) return true;
  spares_.fetch_sub(1);
  return false;
}

void Database::Park(MDB_txn* txn) {
  const std::lock_guard lock(pool_mutex_);
  if (parked_.size() < most_parked_) {
    parked_.push_back(txn);
  } else {
    mdb_txn_abort(txn);
  }
}

Status Database::Resize(size_t map_size, Deadline deadline) {
  if (writer_thread_.load() == std::this_thread::get_id()) {
    return Status(kBusy, "the environment cannot be resized inside env.write()");
  }
  std::unique_lock lock(writer_mutex_, std::defer_lock);
  if (!LockUntil(&lock, deadline)) return WriterBusy();
  return MoveMap(map_size);
}

// The caller does not hold the map.
Status Database::MoveMap(size_t map_size) {
  const std::lock_guard lock(map_mutex_);
  moving_.store(true);
  // What is not a snapshot lets go at once.
  for (int i = 0; i < kMostYields && MapIsHeld(); i++) std::this_thread::yield();
  Status status;
  if (MapIsHeld()) {
    status = Status(kBusy, "the environment cannot be resized while transactions are open: end them first");
  } else {
    status = Status(leasehold_set_mapsize(env_, map_size == 0 ? 0 : RoundToPages(map_size)));
    map_base_ = leasehold_map_base(env_);
    map_generation_.fetch_add(1);
  }
  moving_.store(false);
  return status;
}

WriteTransaction* Database::writer() const {
  return writer_thread_.load() == std::this_thread::get_id() ? writer_ : nullptr;
}

Status Database::BeginWrite(Deadline deadline, MDB_txn** txn) {
  std::unique_lock lock(writer_mutex_, std::defer_lock);
  if (!LockUntil(&lock, deadline)) return WriterBusy();
  int rc = BeginWriteHeld(deadline, txn);
  // Each time, another process has made the file larger meanwhile.
  while (rc == MDB_MAP_RESIZED && MoveMap(0).ok()) rc = BeginWriteHeld(deadline, txn);
  if (rc == ETIMEDOUT) return WriterBusy();
  if (rc != 0) return Status(rc);
  lock.release();
  writer_thread_.store(std::this_thread::get_id());
  return Status();
}

// The map is held from the moment on in which the lock is had: not while it is waited for, so that reads can move it.
int Database::BeginWriteHeld(Deadline deadline, MDB_txn** txn) {
  struct Held {
    Database* database;
    bool holds = false;
  } held{this};
  leasehold_wait wait{LEASEHOLD_FOREVER,
                      [](void* data) {
                        auto* locked = static_cast<Held*>(data);
                        locked->database->HoldMap();
                        locked->holds = true;
                      },
                      &held};
  if (deadline) {
    const auto left = *deadline - std::chrono::steady_clock::now();
    wait.deadline = leasehold_now() + std::chrono::nanoseconds(left).count();
  }
  const int rc = leasehold_begin_write(env_, &wait, txn);
  if (rc != 0 && held.holds) ReleaseMap();
  return rc;
}

Status Database::WriterBusy() const {
  return Status(kBusy,
                "another writer was not done within lockTimeout: " + DescribeLockOwner(leasehold_lock_owner(env_)));
}

void Database::SetWriter(WriteTransaction* writer) { writer_ = writer; }

void Database::EndWrite() {
  ReleaseMap();
  writer_ = nullptr;
  writer_thread_.store(std::thread::id());
  writer_mutex_.unlock();
}

}  // namespace leasehold
