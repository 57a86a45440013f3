#include "core/copy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/lmdb_access.h"

namespace leasehold {
namespace {

// How much is written at a time, and so how soon it stops when it is told to.
constexpr size_t kPiece = size_t{1} << 20;

// Where the system gives open files names, by which they can be linked.
constexpr const char* kOpenFiles = "/proc/self/fd";

Status Occupied() { return Status(kInvalidArgument, "it has a data.mdb already: give another directory"); }

}  // namespace

Copy::Copy(Database* database, const std::string& directory, bool compact)
    : database_(database), directory_(directory), target_(directory + "/data.mdb"), compact_(compact) {}

Status Copy::Start(Database* database, const std::string& directory, bool compact, std::function<void(Status)> done,
                   std::unique_ptr<Copy>* copy) {
  std::unique_ptr<Copy> started(new Copy(database, directory, compact));
  Status status = started->OpenFile();
  if (status.ok()) {
    status = started->thread_.Start([copying = started.get(), done = std::move(done)] { done(copying->Run()); });
  }
  if (!status.ok()) return status;
  *copy = std::move(started);
  return Status();
}

void Copy::Stop() {
  // Whoever is writing, LMDB included, gets EBADF from the next write on.
  stopped_ = true;
  if (fd_ >= 0) dup2(nowhere_, fd_);
}

Copy::~Copy() {
  Stop();
  thread_.Join();
  if (fd_ >= 0) close(fd_);
  if (nowhere_ >= 0) close(nowhere_);
  if (!file_.empty()) unlink(file_.c_str());
}

Status Copy::OpenFile() {
  struct stat info;
  if (stat(directory_.c_str(), &info) != 0) return Status(errno);
  if (!S_ISDIR(info.st_mode)) return Status(ENOTDIR, "it is not a directory");
  if (lstat(target_.c_str(), &info) == 0) return Occupied();
  nowhere_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nowhere_ < 0) return Status(errno);
#ifdef O_TMPFILE
  // A file that has no name until it is whole is gone with the process, however that ends. Not every file system has
  // it.
  if (access(kOpenFiles, X_OK) == 0) fd_ = open(directory_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (fd_ >= 0) return Status();
#endif
  std::string name = target_ + ".XXXXXX";
  fd_ = mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) return Status(errno);
  file_ = std::move(name);
  return Status();
}

Status Copy::Run() {
  Status status = compact_ ? WriteCompact() : WritePages();
  if (status.ok()) status = Publish();
  if (!status.ok() && !file_.empty()) {
    unlink(file_.c_str());
    file_.clear();
  }
  return stopped_ && !status.ok() ? Status(kEnvClosed, "the environment was closed before it was done") : status;
}

Status Copy::WriteCompact() {
  // LMDB begins a transaction of its own. This one moves the map where it has to be, and sees that a slot is free.
  MDB_txn* txn;
  Status status = database_->BeginRead(&txn);
  if (!status.ok()) return status;
  mdb_txn_abort(txn);
  const int rc = mdb_env_copyfd2(database_->env(), fd_, MDB_CP_COMPACT);
  database_->ReleaseMap();
  if (rc != MDB_INCOMPATIBLE) return Status(rc);
  return Status(MDB_CORRUPTED, "the database has pages that nothing refers to: copy it without `compact`");
}

// mdb_env_copy2 would wait for the write lock to read both meta pages. A transaction knows all that stands in one.
Status Copy::WritePages() {
  MDB_txn* txn;
  Status status = database_->BeginRead(&txn);
  if (!status.ok()) return status;
  std::vector<uint8_t> metas(leasehold_metas_size(database_->env()));
  leasehold_fill_metas(txn, metas.data());
  status = Write(metas.data(), metas.size());
  // Pages beyond the end of the file belong to no version.
  const size_t end = std::min(leasehold_extent(txn), database_->file_size());
  for (size_t at = metas.size(); status.ok() && at < end; at += kPiece) {
    status = Write(database_->map_base() + at, std::min(kPiece, end - at));
  }
  database_->EndRead(txn);
  return status;
}

Status Copy::Write(const void* data, size_t size) {
  const auto* at = static_cast<const uint8_t*>(data);
  while (size > 0) {
    const ssize_t written = write(fd_, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Status(errno);
    at += written;
    size -= static_cast<size_t>(written);
  }
  return Status();
}

Status Copy::Publish() {
  if (fsync(fd_) != 0) return Status(errno);
  if (stopped_) return Status(kEnvClosed);
  const std::string source = file_.empty() ? std::string(kOpenFiles) + "/" + std::to_string(fd_) : file_;
  // Unlike rename, it does not replace what somebody else has put there meanwhile. Some file systems have no links.
  if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target_.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    if (!file_.empty()) unlink(file_.c_str());
  } else if (errno == EEXIST) {
    return Occupied();
  } else if (file_.empty() || rename(file_.c_str(), target_.c_str()) != 0) {
    return Status(errno);
  }
  file_.clear();
  const int folder = open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Status();
  const bool flushed = fsync(folder) == 0 || errno == EINVAL;
  const int error = errno;
  close(folder);
  return flushed ? Status() : Status(error);
}

}  // namespace leasehold
