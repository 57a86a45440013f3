// The file of a LockTable, and the clients in it.
#include <fcntl.h>
#include <lmdb.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/locks/lock_table_layout.h"

namespace leasehold {
namespace {

constexpr char kLockTableName[] = "/named.lock";
// So much is mapped. The file has less, and grows.
constexpr size_t kLockTableMap = kLockRowsAt + size_t{kMostLockRows} * 128;
constexpr size_t kAddedRows = 512;

// Gives a file space on the disk up to `size`: writing to the map of a hole is a SIGBUS if the disk is full.
int Allocate(int fd, size_t from, size_t size) {
#ifdef __linux__
  int rc;
  do {
    rc = fallocate(fd, 0, 0, static_cast<off_t>(size)) == 0 ? 0 : errno;
  } while (rc == EINTR);
  if (rc != EOPNOTSUPP && rc != ENOSYS) return rc;
#endif
  static const char kZeros[4096] = {};
  while (from < size) {
    const ssize_t written = pwrite(fd, kZeros, std::min(sizeof(kZeros), size - from), static_cast<off_t>(from));
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) from += static_cast<size_t>(written);
  }
  return 0;
}

}  // namespace

Status LockTable::Open(const std::string& directory, int like) {
  static_assert(sizeof(Header) == 64 && sizeof(Client) == 64 && sizeof(Row) == 128);
  static_assert(sizeof(Header) + kMostLockClients * sizeof(Client) == kLockRowsAt);
  if (is_open()) return Status();
  struct stat info;
  const mode_t mode = fstat(like, &info) == 0 ? info.st_mode & 0666 : 0600;
  file_ = Descriptor(open((directory + kLockTableName).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file_.is_open()) return Status(errno, "named.lock, the table of locks, cannot be opened or made");
  int rc = LockByte(file_.get(), kLockTableByte, FileLock::kExclusive, true);
  Status status = rc == 0 ? Prepare() : Status(rc, "the file system of named.lock has no locks of bytes");
  if (status.ok()) status = Map();
  if (status.ok()) status = TakeClient();
  if (rc == 0) LockByte(file_.get(), kLockTableByte, FileLock::kNone, false);
  if (!status.ok()) Close();
  return status;
}

Status LockTable::Prepare() {
  struct stat info;
  if (fstat(file_.get(), &info) != 0) return Status(errno);
  size_ = static_cast<size_t>(info.st_size);
  // A process that died here has left less. Nobody uses a file of that size.
  if (size_ >= kLockRowsAt) return Status();
  return Extend(kLockRowsAt);
}

Status LockTable::Extend(size_t size) {
  const int rc = Allocate(file_.get(), size_, size);
  if (rc != 0) return Status(rc, "named.lock, the table of locks, cannot grow");
  size_ = size;
  return Status();
}

Status LockTable::Map() {
  void* map = mmap(nullptr, kLockTableMap, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (map == MAP_FAILED) return Status(errno);
  header_ = static_cast<Header*>(map);
  if (header_->magic == 0) header_->magic = kLockTableMagic;
  if (header_->magic == kLockTableMagic) return Status();
  return Status(MDB_VERSION_MISMATCH,
                "named.lock is of another version of leasehold, or no table of locks: delete it once no program has "
                "the database open");
}

void LockTable::Close() {
  if (header_ != nullptr && client_ != kNone) {
    FreeRowsOf(client_);
    // Not only by closing the file: a child process that is between fork() and exec() has it open too.
    LockByte(file_.get(), kFirstClientByte + client_, FileLock::kNone, false);
  }
  if (header_ != nullptr) munmap(header_, kLockTableMap);
  header_ = nullptr;
  client_ = kNone;
  spare_.clear();
  file_.Close();
}

Status LockTable::TakeClient() {
  const uint32_t used = std::min(LoadShared(header_->clients_used), kMostLockClients);
  bool alone = true;
  client_ = kNone;
  for (uint32_t i = 0; i <= used && i < kMostLockClients; i++) {
    if (client_ == kNone && LockByte(file_.get(), kFirstClientByte + i, FileLock::kExclusive, false) == 0) {
      client_ = i;
    } else {
      alone = alone && !IsAlive(i);
    }
  }
  if (client_ == kNone) return Status(kBusy, "too many processes use locks of this database: close it in some");
  if (alone) {
    // Nobody else uses the table, so what others have left there is forgotten.
    for (uint32_t i = 0; i < used; i++) FreeRowsOf(i);
    StoreShared(&header_->rows_used, 0u);
    StoreShared(&header_->clients_used, 0u);
  }
  FreeRowsOf(client_);
  RaiseShared(&header_->clients_used, client_ + 1);
  next_claim_ = 0;
  std::fill(std::begin(waiting_), std::end(waiting_), 0);
  ClientAt(client_)->process = static_cast<uint32_t>(getpid());
  StoreShared(&ClientAt(client_)->robbed, 0u);
  signal_.Attach(&ClientAt(client_)->signal);
  return Status();
}

bool LockTable::IsInFile(uint32_t row) const {
  const size_t end = kLockRowsAt + (size_t{row} + 1) * sizeof(Row);
  struct stat info;
  if (end > size_ && fstat(file_.get(), &info) == 0) size_ = std::max(size_, static_cast<size_t>(info.st_size));
  return end <= size_;
}

bool LockTable::IsAlive(uint32_t client) const {
  return client == client_ || IsByteLocked(file_.get(), kFirstClientByte + client);
}

void LockTable::Clean(uint32_t client) {
  const off_t byte = kFirstClientByte + client;
  // Whoever takes the slot meanwhile, or cleans it, has the byte.
  if (client == client_ || LockByte(file_.get(), byte, FileLock::kExclusive, false) != 0) return;
  FreeRowsOf(client);
  LockByte(file_.get(), byte, FileLock::kNone, false);
}

void LockTable::FreeRowsOf(uint32_t client) {
  StoreShared(&ClientAt(client)->waits, uint64_t{0});
  const uint32_t used = rows_used();
  for (uint32_t i = 0; i < used; i++) {
    Row* row = RowAt(i);
    if (LoadShared(row->client) != client + 1) continue;
    StoreShared(&row->state, kRowSpare);
    StoreShared(&row->client, 0u);
  }
}

Status LockTable::Claim(uint32_t* row) {
  if (!spare_.empty()) {
    *row = spare_.back();
    spare_.pop_back();
    return Status();
  }
  for (; next_claim_ < kMostLockRows; next_claim_++) {
    if (!IsInFile(next_claim_)) {
      const int rc = LockByte(file_.get(), kLockTableByte, FileLock::kExclusive, true);
      if (rc != 0) return Status(rc);
      // Another process may have been faster.
      Status status = IsInFile(next_claim_) ? Status() : Extend(size_ + kAddedRows * sizeof(Row));
      LockByte(file_.get(), kLockTableByte, FileLock::kNone, false);
      if (!status.ok()) return status;
    }
    uint32_t free = 0;
    if (!__atomic_compare_exchange_n(&RowAt(next_claim_)->client, &free, client_ + 1, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
      continue;
    }
    *row = next_claim_++;
    RaiseShared(&header_->rows_used, *row + 1);
    return Status();
  }
  return Status(kBusy, "too many locks of this database are held or waited for: release some");
}

}  // namespace leasehold
