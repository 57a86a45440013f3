// How a Database sees that data.mdb and lock.mdb are those of everybody who has the database open. A file can be
// replaced, deleted or restored from a copy at any moment, and a mount can show one that others do not have. Then two
// processes would write at once, or read versions that are being overwritten.
//
// Three things are looked at. At open, each file is marked with the other one's name, by locks that end with the
// process: whoever has one of the two with another partner is found at once. When a transaction begins, LMDB's number
// of the last commit must be the same in both files. And a commit goes only to files that are still what their names in
// the directory stand for.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "core/lmdb/lmdb_access.h"
#include "core/store/database.h"

namespace leasehold {
namespace {

constexpr const char* kWantsNoLock = "If nobody writes to the database while it is open, read it with `lock: false`";

// A commit that does not wait for the disk takes 7 us, and asking the system about both files 2.5 us. So it is asked
// this often then. What was committed shortly before a file is deleted is lost in any case.
constexpr std::chrono::milliseconds kBetweenChecks(5);

#ifdef O_PATH
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
#else
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
#endif

// Whether `name` in a directory stands for an open file. It does not if that was deleted, or moved aside and replaced.
// True if it cannot be told.
bool IsNamed(int folder, const char* name, int fd) {
  struct stat open_file;
  struct stat named;
  if (folder < 0 || fd < 0 || fstat(fd, &open_file) != 0) return true;
  if (fstatat(folder, name, &named, 0) != 0) return errno != ENOENT;
  return named.st_dev == open_file.st_dev && named.st_ino == open_file.st_ino;
}

bool IsReadable(const std::string& file) { return faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) == 0; }

}  // namespace

// The descriptor of data.mdb.
int Database::DataFile() const {
  mdb_filehandle_t fd;
  return mdb_env_get_fd(env_, &fd) == 0 ? fd : -1;
}

Status Database::ClaimFiles() {
  folder_ = open(path_.c_str(), kFolderFlags);
  files_have_names_ =
      IsNamed(folder_, "data.mdb", DataFile()) && IsNamed(folder_, "lock.mdb", leasehold_lock_file(env_));
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

Status Database::WhyNotOpened(int rc) const {
  // See native/lmdb/07-reader-number.patch.
  if (rc == EBUSY) {
    return Status(
        kBusy,
        "another copy of the library has the database open in this process: close it there first, and see that "
        "only one copy is loaded (npm ls leasehold)");
  }
  if (read_only_ && rc == EACCES && IsReadable(path_ + "/data.mdb")) {
    return Status(rc, std::string("a reader takes a slot in lock.mdb, and this user may not write to that file, or not "
                                  "make it: give the permission. ") +
                          kWantsNoLock);
  }
  return Status(rc);
}

Status Database::CheckLocked() const {
  if (!locks_ || leasehold_lock_file(env_) >= 0) return Status();
  return Status(EROFS, std::string("the file system is read-only, so no reader slot can be taken in lock.mdb, and a "
                                   "writer would overwrite what is being read. ") +
                           kWantsNoLock);
}

Status Database::CheckVersion(MDB_txn* txn) const {
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

Status Database::CheckFiles() {
  if (!files_have_names_) return Status();
  const auto now = std::chrono::steady_clock::now();
  if (durability_ != Durability::kSync && now < files_checked_ + kBetweenChecks) return Status();
  files_checked_ = now;
  const char* gone = !IsNamed(folder_, "data.mdb", DataFile())                  ? "data.mdb"
                     : !IsNamed(folder_, "lock.mdb", leasehold_lock_file(env_)) ? "lock.mdb"
                                                                                : nullptr;
  if (gone == nullptr) return Status();
  return Status(ENOENT,
                std::string(gone) +
                    " was deleted or replaced while the database was open, so a commit would be lost: close the "
                    "database in this process, and open it again");
}

}  // namespace leasehold
