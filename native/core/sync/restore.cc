#include "core/sync/restore.h"

#include <fcntl.h>

#include <cerrno>

#include "core/files/descriptor.h"
#include "core/files/flush.h"
#include "core/locks/file_lock.h"
#include "core/sync/synced_file.h"

namespace leasehold {
namespace {

Descriptor OpenFile(const std::string& path, int flags) {
  return Descriptor(open(path.c_str(), flags | O_CLOEXEC, 0600));
}

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
  const Descriptor data = OpenFile(directory + "/data.mdb", O_RDWR);
  // The database was removed; synced.mdb was left.
  if (!data.is_open() && errno == ENOENT) return Status();
  if (!data.is_open()) return Status(errno);
  uint64_t roots;
  int rc = leasehold_hash_roots(data.get(), &version.meta, &roots);
  if (rc == MDB_CORRUPTED || (rc == 0 && roots != version.roots)) return Mismatch();
  if (rc == 0) rc = leasehold_write_metas(data.get(), &version.meta);
  return rc != 0 ? Status(rc) : FlushFile(data.get());
}

Status PutBackAlone(const std::string& directory, const SyncedVersion& version) {
  const Descriptor lock = OpenFile(directory + "/lock.mdb", O_RDWR | O_CREAT);
  if (!lock.is_open()) return Status(errno);
  // Whoever has this lock is, to LMDB, the only one that has the database open.
  if (LockByte(lock.get(), 0, FileLock::kExclusive, false) == 0) return PutBack(directory, version);
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

  // Others that open the database now wait here, and then find it put back.
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
