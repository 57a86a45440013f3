#include "core/sync/synced_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/files/file_id.h"
#include "core/files/flush.h"
#include "core/locks/file_lock.h"

namespace leasehold {
namespace {

constexpr char kName[] = "/synced.mdb";
constexpr char kMagic[8] = {'l', 'h', 's', 'y', 'n', 'c', 'e', 'd'};
constexpr uint32_t kFormat = 1;
// The slots lie as far from each other as a disk writes at once.
constexpr off_t kSlotDistance = 4096;
constexpr int kSlots = 2;

// A slot as it lies in the file: like data.mdb, in the machine's order of bytes.
struct Slot {
  char magic[8];
  uint32_t format;
  uint32_t state;
  uint64_t sequence;
  char boot[40];
  uint64_t roots;
  uint64_t meta_size;
  uint8_t meta[LEASEHOLD_MOST_META_BYTES];
  uint8_t reserved[512 - 88 - LEASEHOLD_MOST_META_BYTES];
  uint64_t checksum;  // of all before it
};
static_assert(sizeof(Slot) == 512);

uint64_t ChecksumOf(const Slot& slot) { return leasehold_checksum(&slot, offsetof(Slot, checksum)); }

// The bytes that are locked by Join and by Lock.
constexpr off_t kJoinByte = 0;
constexpr off_t kSlotsByte = 1;

}  // namespace

Status SyncedFile::Open(const std::string& directory, bool create, bool read_only) {
  // Who may use the database may use this file.
  struct stat data {};
  const mode_t mode = create && stat((directory + "/data.mdb").c_str(), &data) == 0 ? data.st_mode & 0666 : 0600;
  const std::string path = directory + kName;
  file_ = Descriptor(open(path.c_str(), (read_only ? O_RDONLY : O_RDWR) | (create ? O_CREAT : 0) | O_CLOEXEC, mode));
  if (!file_.is_open()) return Status(errno);
  // A link to one of the others would have that one written over.
  const FileId opened = IdOf(file_.get());
  const auto is_opened = [&](const char* name) { return IdOf(AT_FDCWD, (directory + name).c_str()) == opened; };
  if (is_opened("/data.mdb") || is_opened("/lock.mdb")) {
    Close();
    return Status(MDB_INVALID, "synced.mdb is a link to another file of the database: delete it");
  }
  // Whoever made the file may have died before its name was on the disk.
  return create ? FlushDirectory(directory) : Status();
}

bool SyncedFile::IsAbsent(int directory) {
  return directory >= 0 && faccessat(directory, kName + 1, F_OK, 0) != 0 && errno == ENOENT;
}

Status SyncedFile::Lock(bool exclusive) {
  return Status(LockByte(file_.get(), kSlotsByte, exclusive ? FileLock::kExclusive : FileLock::kShared, true));
}

void SyncedFile::Unlock() { (void)LockByte(file_.get(), kSlotsByte, FileLock::kNone, true); }

Status SyncedFile::Join() { return Status(LockByte(file_.get(), kJoinByte, FileLock::kShared, true)); }

bool SyncedFile::IsOnlyOne() { return LockByte(file_.get(), kJoinByte, FileLock::kExclusive, false) == 0; }

bool SyncedFile::Read(SyncedVersion* version) const {
  bool found = false;
  for (int i = 0; i < kSlots; i++) {
    Slot slot;
    if (pread(file_.get(), &slot, sizeof(slot), i * kSlotDistance) != static_cast<ssize_t>(sizeof(slot))) continue;
    if (memcmp(slot.magic, kMagic, sizeof(kMagic)) != 0 || slot.format != kFormat ||
        slot.checksum != ChecksumOf(slot) || slot.meta_size != leasehold_meta_size()) {
      continue;
    }
    if (found && slot.sequence < version->sequence) continue;
    found = true;
    version->state = static_cast<SyncedVersion::State>(slot.state);
    version->sequence = slot.sequence;
    memcpy(version->boot.data(), slot.boot, sizeof(slot.boot));
    version->roots = slot.roots;
    memcpy(version->meta.words, slot.meta, sizeof(slot.meta));
  }
  return found;
}

Status SyncedFile::Write(SyncedVersion* version) {
  SyncedVersion before;
  version->sequence = Read(&before) ? before.sequence + 1 : 1;
  Slot slot{};
  memcpy(slot.magic, kMagic, sizeof(kMagic));
  slot.format = kFormat;
  slot.state = version->state;
  slot.sequence = version->sequence;
  memcpy(slot.boot, version->boot.data(), sizeof(slot.boot));
  slot.roots = version->roots;
  slot.meta_size = leasehold_meta_size();
  memcpy(slot.meta, version->meta.words, sizeof(slot.meta));
  slot.checksum = ChecksumOf(slot);
  const auto at = static_cast<off_t>(slot.sequence % kSlots) * kSlotDistance;
  ssize_t written;
  do written = pwrite(file_.get(), &slot, sizeof(slot), at);
  while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(sizeof(slot))) return Status(written < 0 ? errno : ENOSPC);
  return FlushFile(file_.get());
}

}  // namespace leasehold
