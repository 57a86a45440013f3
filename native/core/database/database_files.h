// data.mdb and lock.mdb of one Database: opening them, and seeing that they are still those of everybody who has the
// database open.
//
// A file can be replaced, deleted or restored from a copy at any moment, and a mount can show one that others do not
// have. Then two processes would write at once, or read versions that are being overwritten. Three things are looked
// at. At open, each file is marked with the other one's name, by locks that end with the process: whoever has one of
// the two with another partner is found at once. When a transaction begins, LMDB's number of the last commit must be
// the same in both files. And a commit goes only to files that are still what their names in the directory stand for.
#ifndef LEASEHOLD_CORE_DATABASE_FILES_H_
#define LEASEHOLD_CORE_DATABASE_FILES_H_

#include <lmdb.h>
#include <stdint.h>

#include <chrono>
#include <string>

#include "core/database/open_options.h"
#include "core/files/descriptor.h"
#include "core/files/file_id.h"
#include "core/status.h"

namespace leasehold {

// Which files a directory has now.
struct FilePair {
  FileId data;  // no file for one that is absent
  FileId lock;
};

class DatabaseFiles {
 public:
  // `env` has not been opened, and outlives this. `directory` exists.
  DatabaseFiles(MDB_env* env, std::string directory) : env_(env), directory_(std::move(directory)) {}
  // Takes the marks away.
  ~DatabaseFiles();
  DatabaseFiles(const DatabaseFiles&) = delete;
  DatabaseFiles& operator=(const DatabaseFiles&) = delete;

  // Looks which files a directory has. MDB_INVALID if they cannot be a database.
  static Status Look(const std::string& directory, bool read_only, FilePair* files);

  // Opens the environment on the files, which are made if they are absent and it is not read-only. `options` has all
  // options. kBusy if another program has the database open with other files than these.
  Status Open(const OpenOptions& options);

  // The files that were opened, of which lock.mdb is absent where there are no locks.
  const FilePair& opened() const { return opened_; }
  // The descriptor of data.mdb.
  int data() const;
  // That of the directory, -1 if it could not be opened.
  int folder() const { return folder_.get(); }
  // How many bytes data.mdb has now.
  size_t data_size() const;

  // For a transaction that has just begun: whether what it sees is the newest version of the database that others see.
  // Safe to call from any thread.
  Status CheckVersion(MDB_txn* txn) const;
  // Before a commit: ENOENT if one of the files was deleted or replaced, so that nobody would find what is committed.
  // Where a commit does not wait for the disk, a few ms may pass before it is noticed. For the thread that writes.
  Status CheckNames();

 private:
  // Makes data.mdb if there is none, whole or not at all.
  Status MakeData();
  // What an error of LMDB's that opening ended with means.
  Status WhyNotOpened(int rc, bool read_only) const;
  // EROFS if there could be no lock file and the caller has not asked to do without.
  Status CheckLocked() const;
  Status Claim();

  MDB_env* const env_;
  const std::string directory_;
  Descriptor folder_;  // the directory, wherever it is moved; none if it cannot be opened
  FilePair opened_;
  bool locks_ = true;
  bool waits_for_disk_ = true;     // a commit does
  bool have_names_ = true;         // not on every file system
  uint64_t unlocked_version_ = 0;  // the version that must stay the newest where there is no lock file
  std::chrono::steady_clock::time_point names_checked_{};
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_DATABASE_FILES_H_
