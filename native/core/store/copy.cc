#include "core/store/copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/lmdb/lmdb_map.h"
#include "core/lmdb/lmdb_metas.h"

namespace leasehold {
namespace {

// How much is written at a time. A copy that is told to stop writes so much at most.
constexpr size_t kPiece = size_t{1} << 20;

constexpr const char* kDataFile = "data.mdb";

Status Occupied() { return Status(kInvalidArgument, "it has a data.mdb already: give another directory"); }

}  // namespace

Copy::Copy(Database* database, const std::string& directory, bool compact)
    : database_(database), directory_(directory), compact_(compact), file_(directory, kDataFile) {}

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
  // From now on every write to the file fails with EBADF, LMDB's included.
  stopped_ = true;
  if (file_.fd() >= 0) dup2(nowhere_.get(), file_.fd());
}

Copy::~Copy() {
  Stop();
  thread_.Join();
}

Status Copy::OpenFile() {
  struct stat info;
  if (stat(directory_.c_str(), &info) != 0) return Status(errno);
  if (!S_ISDIR(info.st_mode)) return Status(ENOTDIR, "it is not a directory");
  if (lstat((directory_ + "/" + kDataFile).c_str(), &info) == 0) return Occupied();
  nowhere_ = Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
  return nowhere_.is_open() ? file_.Open() : Status(errno);
}

Status Copy::Run() {
  Status status = compact_ ? WriteCompact() : WritePages();
  if (status.ok()) status = file_.Flush();
  if (status.ok() && stopped_) status = Status(kEnvClosed);
  if (status.ok()) {
    status = file_.Publish();
    if (status.code() == EEXIST) status = Occupied();
  }
  return stopped_ && !status.ok() ? Status(kEnvClosed, "the environment was closed before it was done") : status;
}

Status Copy::WriteCompact() {
  // LMDB begins a transaction of its own. This one only moves the map, if it has to be moved, and makes sure that a
  // reader slot is free.
  MDB_txn* txn;
  Status status = database_->reads().Begin(&txn);
  if (!status.ok()) return status;
  mdb_txn_abort(txn);
  const int rc = mdb_env_copyfd2(database_->env(), file_.fd(), MDB_CP_COMPACT);
  database_->map().Release();
  if (rc != MDB_INCOMPATIBLE) return Status(rc);
  return Status(MDB_CORRUPTED, "the database has pages that nothing refers to: copy it without `compact`");
}

// mdb_env_copy2 would wait for the write lock, to read both meta pages. A transaction knows all that stands in one of
// them.
Status Copy::WritePages() {
  MDB_txn* txn;
  Status status = database_->reads().Begin(&txn);
  if (!status.ok()) return status;
  std::vector<uint8_t> metas(leasehold_metas_size(database_->env()));
  leasehold_fill_metas(txn, metas.data());
  status = file_.Write(metas.data(), metas.size());
  // Pages beyond the end of the file belong to no version.
  const size_t end = std::min(leasehold_extent(txn), database_->files().data_size());
  for (size_t at = metas.size(); status.ok() && at < end; at += kPiece) {
    status = file_.Write(database_->map().base() + at, std::min(kPiece, end - at));
  }
  database_->reads().End(txn);
  return status;
}

}  // namespace leasehold
