// synced.mdb: the file beside data.mdb that tells to which version the database goes back after a power cut.
//
// It has two slots, which are written alternately, so that one is whole whatever happens. docs/durability.md draws the
// bytes.
#ifndef LEASEHOLD_CORE_SYNCED_FILE_H_
#define LEASEHOLD_CORE_SYNCED_FILE_H_

#include <stddef.h>
#include <stdint.h>

#include <string>

#include "core/files/descriptor.h"
#include "core/lmdb/lmdb_synced.h"
#include "core/status.h"
#include "core/sync/boot_id.h"

namespace leasehold {

// What a slot holds.
struct SyncedVersion {
  enum State : uint32_t {
    kPinned = 1,  // later commits may not be on the disk: after a reboot, go back to this version
    kClean = 2,   // every commit is on the disk: do nothing
    kFailed = 3,  // a sync failed: at the next open, go back to this version
  };
  State state = kClean;
  uint64_t sequence = 0;  // of two whole slots, the one with the greater number counts
  BootId boot{};
  uint64_t roots = 0;  // leasehold_hash_roots of `meta`
  leasehold_meta meta{};
};

class SyncedFile {
 public:
  // ENOENT if the file does not exist. With `create` it is made then, and its name is on the disk when this returns.
  Status Open(const std::string& directory, bool create, bool read_only = false);
  void Close() { file_.Close(); }
  // Whether a directory, given by a descriptor, has no such file. Takes a third of the time of an Open that fails.
  static bool IsAbsent(int directory);

  // A lock between processes, held while slots are read (shared) or written (exclusive): nobody acts upon a slot that
  // is not on the disk yet.
  Status Lock(bool exclusive);
  void Unlock();
  // Tells other processes, until the file is closed, that this one pins a version.
  Status Join();
  // Whether no other process has joined. If so, none can from now on, until this one closes the file.
  bool IsOnlyOne();

  // Gives what the newest whole slot says; false if no slot is whole. The caller has the lock.
  bool Read(SyncedVersion* version) const;
  // Writes the slot that is not the newest, and brings it to the disk. Sets the version's `sequence`, so that this slot
  // is the newest from now on. The caller has the exclusive lock.
  Status Write(SyncedVersion* version);

 private:
  Descriptor file_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SYNCED_FILE_H_
