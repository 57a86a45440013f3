#include "core/store/database.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <utility>

#include "core/lmdb/lmdb_access.h"
#include "core/lmdb/lmdb_locks.h"
#include "core/locks/lock_owner.h"
#include "core/store/new_file.h"
#include "core/sync/restore.h"

namespace leasehold {
namespace {

constexpr size_t kDefaultMapSize = size_t{64} << 30;
constexpr unsigned kDefaultMaxCollections = 10000;
constexpr unsigned kDefaultMaxReaders = 1024;
constexpr unsigned kDefaultSyncInterval = 100;
// A parked transaction keeps its reader slot: one in so many of them.
constexpr size_t kSlotsPerParked = 64;
constexpr int kMostYields = 1000;
constexpr mdb_mode_t kFileMode = 0600;

// The only state that is global to the process.
struct Registry {
  std::mutex mutex;
  std::condition_variable closed;
  std::vector<Database*> databases;
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

FileId IdOf(const struct stat& info) { return FileId(info.st_dev, info.st_ino); }

// (0, 0) for none.
FileId IdOf(int fd) {
  struct stat info = {};
  if (fd >= 0 && fstat(fd, &info) != 0) info = {};
  return IdOf(info);
}

// Which files a path has now: (0, 0) for one that is absent.
Status LookAtFiles(const std::string& path, bool read_only, FileId* data, FileId* lock_file) {
  struct stat info;
  if (stat((path + "/data.mdb").c_str(), &info) != 0) {
    if (errno != ENOENT) return Status(errno);
    info = {};
  } else if (!S_ISREG(info.st_mode)) {
    return Status(MDB_INVALID, "data.mdb is not a file");
  } else if (info.st_size == 0 && read_only) {
    return Status(MDB_INVALID, "data.mdb is empty");
  }
  *data = IdOf(info);
  if (stat((path + "/lock.mdb").c_str(), &info) != 0) info = {};
  *lock_file = IdOf(info);
  // The table of readers would be written over the data.
  if (*lock_file != FileId() && *lock_file == *data) return Status(MDB_INVALID, "lock.mdb and data.mdb are one file");
  return Status();
}

unsigned LmdbFlags(Durability durability) {
  switch (durability) {
    case Durability::kSync:
      return 0;
    case Durability::kNoMetaSync:
      return MDB_NOMETASYNC;
    case Durability::kNoSync:
    case Durability::kPeriodic:
      return MDB_NOSYNC;
  }
  return 0;
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

  Registry& registry = TheRegistry();
  std::unique_lock lock(registry.mutex);
  for (;;) {
    FileId data;
    FileId lock_file;
    Status status = LookAtFiles(path, options.read_only, &data, &lock_file);
    if (!status.ok()) return status;
    const auto found = std::find_if(registry.databases.begin(), registry.databases.end(), [&](const Database* open) {
      return (data != FileId() && open->data_file_ == data) || (lock_file != FileId() && open->lock_file_ == lock_file);
    });
    if (found == registry.databases.end()) break;
    Database* open = *found;
    if (open->closing_) {
      registry.closed.wait(lock);
      continue;
    }
    if (open->data_file_ != data) {
      return Status(kBusy, "this process has the database open as '" + open->path_ +
                               "', and data.mdb has been replaced or deleted since: close it first");
    }
    status = open->CheckAgreement(options);
    if (!status.ok()) return status;
    open->references_++;
    *database = open;
    return Status();
  }

  auto* opened = new Database(path);
  Status status = opened->OpenEnv(options);
  if (!status.ok()) {
    delete opened;
    return status;
  }
  registry.databases.push_back(opened);
  *database = opened;
  return Status();
}

Status Database::Release() {
  Registry& registry = TheRegistry();
  std::unique_lock lock(registry.mutex);
  if (--references_ > 0) return Status();
  // Its batches may have to wait for the write lock, and nobody who opens another database should wait with them.
  closing_ = true;
  lock.unlock();
  batches_.Stop();
  Status synced = syncer_.Stop();
  lock.lock();
  registry.databases.erase(std::find(registry.databases.begin(), registry.databases.end(), this));
  delete this;
  registry.closed.notify_all();
  return synced;
}

Database::~Database() {
  for (MDB_txn* txn : parked_) mdb_txn_abort(txn);
  if (folder_ >= 0) close(folder_);
  if (env_ == nullptr) return;
  leasehold_release_files(env_);
  mdb_env_close(env_);
}

Status Database::OpenEnv(const OpenOptions& options) {
  read_only_ = options.read_only;
  max_collections_ = options.max_collections.value_or(kDefaultMaxCollections);
  max_readers_ = options.max_readers.value_or(kDefaultMaxReaders);
  locks_ = options.locks.value_or(true);
  durability_ = options.durability.value_or(Durability::kSync);
  syncer_.Configure(durability_, options.sync_interval.value_or(kDefaultSyncInterval));
  lends_ = options.lends;
  Status restored = RestoreSynced(path_);
  if (!restored.ok()) return restored;
  int rc = mdb_env_create(&env_);
  if (rc == 0) rc = mdb_env_set_mapsize(env_, RoundToPages(options.map_size.value_or(kDefaultMapSize)));
  // One more for the collection in which leasehold remembers codecs.
  if (rc == 0) rc = mdb_env_set_maxdbs(env_, max_collections_ + 1);
  if (rc == 0) rc = mdb_env_set_maxreaders(env_, max_readers_);
  if (rc != 0) return Status(rc);
  Status status = read_only_ ? Status() : MakeFile();
  if (status.ok()) status = OpenFiles();
  if (!status.ok()) return status;
  map_base_ = leasehold_map_base(env_);
  // A lock file that was there keeps the number it was made with.
  unsigned slots = 0;
  mdb_env_get_maxreaders(env_, &slots);
  most_parked_ = slots / kSlotsPerParked;
  status = CheckExtent();
  if (status.ok()) status = OpenMain();
  // Frees the slots of processes that died.
  return status.ok() ? Status(mdb_reader_check(env_, nullptr)) : status;
}

Status Database::OpenFiles() {
  const unsigned flags = MDB_NOTLS | LmdbFlags(durability_) | (read_only_ ? MDB_RDONLY : 0) | (locks_ ? 0 : MDB_NOLOCK);
  const int rc = mdb_env_open(env_, path_.c_str(), flags, kFileMode);
  if (rc != 0) return WhyNotOpened(rc);
  data_file_ = IdOf(DataFile());
  lock_file_ = IdOf(leasehold_lock_file(env_));
  Status status = CheckLocked();
  return status.ok() ? ClaimFiles() : status;
}

Status Database::MakeFile() {
  struct stat info;
  if (stat((path_ + "/data.mdb").c_str(), &info) == 0 || errno != ENOENT) return Status();
  NewFile file(path_, "data.mdb");
  Status status = file.Open();
  if (!status.ok()) return status;
  std::vector<char> metas(leasehold_new_metas_size(env_));
  leasehold_fill_new_metas(env_, metas.data());
  status = file.Write(metas.data(), metas.size());
  if (status.ok()) status = file.Flush();
  if (status.ok()) status = file.Publish();
  // Another process was faster.
  return status.code() == EEXIST ? Status() : status;
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
  if (options.locks && *options.locks != locks_) return Disagreement("lock");
  if (options.sync_interval && *options.sync_interval != syncer_.interval_ms()) return Disagreement("syncInterval");
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

uint64_t Database::last_transaction() const { return leasehold_last_transaction(env_); }

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
  Status status = BeginAnyRead(txn);
  if (status.ok()) {
    status = CheckVersion(*txn);
    if (!status.ok()) mdb_txn_abort(*txn);
  }
  return status;
}

Status Database::BeginAnyRead(MDB_txn** txn) {
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
    if (mdb_txn_renew(*txn) == 0 && CheckVersion(*txn).ok()) return Status();
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
  Status status = CheckVersion(*txn);
  if (status.ok()) status = syncer_.BeforeWrite(*txn);
  if (!status.ok()) {
    mdb_txn_abort(*txn);
    ReleaseMap();
    return status;
  }
  FreeDeadReaders(*txn);
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
