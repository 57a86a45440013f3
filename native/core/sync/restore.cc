#include "core/sync/restore.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/locks/file_lock.h"
#include "core/sync/synced_file.h"

namespace leasehold {
namespace {

// Closes a descriptor in a scope.
struct File {
  File(const std::string& path, int flags) : fd(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd >= 0) close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const int fd;
};

// Whether the machine has gone down since the version was recorded.
Status MustRestore(const SyncedVersion& version, bool* must) {
  *must = version.state == SyncedVersion::kFailed;
  if (version.state != SyncedVersion::kPinned) return Status();
  BootId boot;
  Status status = ReadBootId(&boot);
  *must = boot != version.boot;
  return status;
}

Status Mismatch() {
  return Status(
      MDB_CORRUPTED,
      "synced.mdb was written for another data.mdb than the one beside it, so that the database cannot be put "
      "back to its last synced version: if data.mdb was restored from a copy, delete synced.mdb");
}

Status PutBack(const std::string& directory, const SyncedVersion& version) {
  const File data(directory + "/data.mdb", O_RDWR);
  // Somebody has removed the database.
  if (data.fd < 0 && errno == ENOENT) return Status();
  if (data.fd < 0) return Status(errno);
  uint64_t roots;
  int rc = leasehold_hash_roots(data.fd, &version.meta, &roots);
  if (rc == MDB_CORRUPTED || (rc == 0 && roots != version.roots)) return Mismatch();
  if (rc == 0) rc = leasehold_write_metas(data.fd, &version.meta);
  return Status(rc != 0 ? rc : FlushFile(data.fd));
}

Status PutBackAlone(const std::string& directory, const SyncedVersion& version) {
  const File lock(directory + "/lock.mdb", O_RDWR | O_CREAT);
  if (lock.fd < 0) return Status(errno);
  // The lock of whom LMDB takes for the only one that has the database open.
  if (LockByte(lock.fd, 0, FileLock::kExclusive, false) == 0) return PutBack(directory, version);
  return Status(kBusy,
                "the database is to be put back to its last synced version, which cannot be done while another program "
                "has it open: close it there");
}

}  // namespace

Status RestoreSynced(const std::string& directory) {
  SyncedFile file;
  Status status = file.Open(directory, false);
  const bool writable = status.ok();
  if (status.code() == EACCES || status.code() == EROFS) status = file.Open(directory, false, true);
  if (status.code() == ENOENT) return Status();
  SyncedVersion version;
  bool must = false;
  if (status.ok()) status = file.Lock(false);
  if (status.ok() && file.Read(&version)) status = MustRestore(version, &must);
  file.Unlock();
  if (!status.ok() || !must) return status;
  if (!writable) {
    return Status(EROFS,
                  "the machine went down while the database was in use, and it is to be put back to its last "
                  "synced version: open it once where its files may be written");
  }

  // Others who open it now wait here, and find it done.
  status = file.Lock(true);
  must = false;
  if (status.ok() && file.Read(&version)) status = MustRestore(version, &must);
  if (status.ok() && must) status = PutBackAlone(directory, version);
  if (status.ok() && must) {
    version.state = SyncedVersion::kClean;
    status = file.Write(&version);
  }
  file.Unlock();
  return status;
}

}  // namespace leasehold
