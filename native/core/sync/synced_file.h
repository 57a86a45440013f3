// synced.mdb: the file beside data.mdb that tells to which version the database goes back after a power cut.
//
// It holds two slots that are written in turn, so that one is whole whatever happens. docs/durability.md draws the
// bytes.
#ifndef LEASEHOLD_CORE_SYNCED_FILE_H_
#define LEASEHOLD_CORE_SYNCED_FILE_H_

#include <stddef.h>
#include <stdint.h>

#include <string>

#include "core/files/descriptor.h"
#include "core/lmdb/lmdb_access.h"
#include "core/status.h"
#include "core/sync/boot_id.h"

namespace leasehold {

// What a slot holds.
struct SyncedVersion {
  enum State : uint32_t {
    kPinned = 1,  // commits after this version are not synced: go back to it after a reboot
    kClean = 2,   // everything was synced when this was written: data.mdb stands for itself
    kFailed = 3,  // a sync failed: go back to it at the next open
  };
  State state = kClean;
  uint64_t sequence = 0;  // the slot with the greater one counts
  BootId boot{};
  uint64_t roots = 0;  // leasehold_hash_roots of `meta`
  leasehold_meta meta{};
};

class SyncedFile {
 public:
  // ENOENT if it does not exist and is not to be made. With `create` its name is on the disk when this returns.
  Status Open(const std::string& directory, bool create, bool read_only = false);
  void Close() { file_.Close(); }

  // Held while slots are read or written, so that nobody acts upon a slot that is not on the disk yet.
  Status Lock(bool exclusive);
  void Unlock();
  // Held, shared, by every process that pins a version, until it closes the file.
  Status Join();
  // Whether no other process has joined, and from now on none can until this one closes the file.
  bool IsOnlyOne();

  // The newest slot that is whole; false if there is none. The caller has locked.
  bool Read(SyncedVersion* version) const;
  // Writes the other slot, and brings it to the disk. Gives the version the sequence that makes it the newest. The
  // caller has locked exclusively.
  Status Write(SyncedVersion* version);

 private:
  Descriptor file_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SYNCED_FILE_H_
