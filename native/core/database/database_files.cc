#include "core/database/database_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "core/files/new_file.h"
#include "core/lmdb/lmdb_files.h"
#include "core/lmdb/lmdb_metas.h"

namespace leasehold {
namespace {

constexpr const char* kWantsNoLock = "If nobody writes to the database while it is open, read it with `lock: false`";

// A commit that does not wait for the disk takes 7 us, and asking the system about both files 2.5 us. So the system is
// asked this often then. What was committed shortly before a file is deleted is lost in any case.
constexpr std::chrono::milliseconds kBetweenChecks(5);

constexpr mdb_mode_t kFileMode = 0600;

#ifdef O_PATH
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
#else
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
#endif

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

// Whether `name` in a directory stands for an open file. It does not if that file was deleted, or moved aside and
// replaced. True if the system does not tell.
bool IsNamed(int folder, const char* name, int fd) {
  const FileId opened = IdOf(fd);
  if (folder < 0 || opened == FileId()) return true;
  const FileId named = IdOf(folder, name);
  return named == FileId() ? errno != ENOENT : named == opened;
}

bool IsReadable(const std::string& file) { return faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) == 0; }

}  // namespace

DatabaseFiles::~DatabaseFiles() { leasehold_release_files(env_); }

Status DatabaseFiles::Look(const std::string& directory, bool read_only, FilePair* files) {
  *files = FilePair{};
  struct stat info;
  if (stat((directory + "/data.mdb").c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) return Status(MDB_INVALID, "data.mdb is not a file");
    if (info.st_size == 0 && read_only) return Status(MDB_INVALID, "data.mdb is empty");
    files->data = IdOf(info);
  } else if (errno != ENOENT) {
    return Status(errno);
  }
  files->lock = IdOf(AT_FDCWD, (directory + "/lock.mdb").c_str());
  // The table of readers would be written over the data.
  if (files->lock != FileId() && files->lock == files->data) {
    return Status(MDB_INVALID, "lock.mdb and data.mdb are one file");
  }
  return Status();
}

Status DatabaseFiles::Open(const OpenOptions& options) {
  locks_ = *options.locks;
  waits_for_disk_ = *options.durability == Durability::kSync;
  Status status = options.read_only ? Status() : MakeData();
  if (!status.ok()) return status;
  const unsigned flags =
      MDB_NOTLS | LmdbFlags(*options.durability) | (options.read_only ? MDB_RDONLY : 0) | (locks_ ? 0 : MDB_NOLOCK);
  const int rc = mdb_env_open(env_, directory_.c_str(), flags, kFileMode);
  if (rc != 0) return WhyNotOpened(rc, options.read_only);
  opened_ = {IdOf(data()), IdOf(leasehold_lock_file(env_))};
  status = CheckLocked();
  return status.ok() ? Claim() : status;
}

Status DatabaseFiles::MakeData() {
  struct stat info;
  if (stat((directory_ + "/data.mdb").c_str(), &info) == 0 || errno != ENOENT) return Status();
  NewFile file(directory_, "data.mdb");
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

int DatabaseFiles::data() const {
  mdb_filehandle_t fd;
  return mdb_env_get_fd(env_, &fd) == 0 ? fd : -1;
}

size_t DatabaseFiles::data_size() const {
  struct stat info;
  return fstat(data(), &info) == 0 ? static_cast<size_t>(info.st_size) : 0;
}

Status DatabaseFiles::Claim() {
  folder_ = Descriptor(open(directory_.c_str(), kFolderFlags));
  have_names_ =
      IsNamed(folder_.get(), "data.mdb", data()) && IsNamed(folder_.get(), "lock.mdb", leasehold_lock_file(env_));
  if (!locks_) unlocked_version_ = leasehold_last_transaction(env_);
  switch (leasehold_claim_files(env_)) {
    case LEASEHOLD_OTHER_DATA:
      return Status(kBusy,
                    "another process has the database open, and data.mdb has been replaced since: close it there first "
                    "(lock.mdb belongs to the data.mdb that was there before)");
    case LEASEHOLD_OTHER_LOCK:
      return Status(kBusy,
                    "another process has the database open, and lock.mdb has been deleted or replaced since: close it "
                    "there first (nothing keeps the two from writing at the same time)");
    default:
      return Status();
  }
}

Status DatabaseFiles::WhyNotOpened(int rc, bool read_only) const {
  // See native/lmdb/07-reader-number.patch.
  if (rc == EBUSY) {
    return Status(
        kBusy,
        "another copy of the library has the database open in this process: close it there first, and see that "
        "only one copy is loaded (npm ls leasehold)");
  }
  if (read_only && rc == EACCES && IsReadable(directory_ + "/data.mdb")) {
    return Status(rc, std::string("a reader takes a slot in lock.mdb, and this user may not write to that file, or not "
                                  "make it: give the permission. ") +
                          kWantsNoLock);
  }
  return Status(rc);
}

Status DatabaseFiles::CheckLocked() const {
  if (!locks_ || leasehold_lock_file(env_) >= 0) return Status();
  return Status(EROFS, std::string("the file system is read-only, so no reader slot can be taken in lock.mdb, and a "
                                   "writer would overwrite what is being read. ") +
                           kWantsNoLock);
}

Status DatabaseFiles::CheckVersion(MDB_txn* txn) const {
  if (!locks_ && mdb_txn_id(txn) != unlocked_version_) {
    return Status(kBusy,
                  "it is open with lock: false, and somebody has written to it since: what was read from it may be "
                  "wrong. Close it, and open it again once nobody writes");
  }
  const int rc = leasehold_check_numbers(txn);
  if (rc == 0) return Status();
  return Status(rc,
                "data.mdb and lock.mdb do not belong together: one of them was replaced, deleted or restored while the "
                "database was open, or the file system shows an old data.mdb. Close the database in every process, and "
                "open it again");
}

Status DatabaseFiles::CheckNames() {
  if (!have_names_) return Status();
  const auto now = std::chrono::steady_clock::now();
  if (!waits_for_disk_ && now < names_checked_ + kBetweenChecks) return Status();
  names_checked_ = now;
  const char* gone = !IsNamed(folder_.get(), "data.mdb", data())                      ? "data.mdb"
                     : !IsNamed(folder_.get(), "lock.mdb", leasehold_lock_file(env_)) ? "lock.mdb"
                                                                                      : nullptr;
  if (gone == nullptr) return Status();
  return Status(ENOENT,
                std::string(gone) +
                    " was deleted or replaced while the database was open, so a commit would be lost: close the "
                    "database in this process, and open it again");
}

}  // namespace leasehold
