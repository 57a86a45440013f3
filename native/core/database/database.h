// One LMDB environment of this process, shared by every handle and every thread that has it open.
#ifndef LEASEHOLD_CORE_DATABASE_H_
#define LEASEHOLD_CORE_DATABASE_H_

#include <lmdb.h>

#include <memory>
#include <string>
#include <vector>

#include "core/database/collections.h"
#include "core/database/database_files.h"
#include "core/database/memory_map.h"
#include "core/database/open_options.h"
#include "core/database/read_pool.h"
#include "core/database/write_lock.h"
#include "core/deadline.h"
#include "core/locks/named_locks.h"
#include "core/locks/transact_turn.h"
#include "core/status.h"
#include "core/store/batch_queue.h"
#include "core/sync/syncer.h"
#include "core/versions/commit_watch.h"

namespace leasehold {

class ChangeObserver;

// Made and destroyed by OpenDatabase and ReleaseDatabase (open_databases.h). Members are safe to call from any thread
// but where a comment says otherwise.
//
// Lock order: who holds one of these may wait for one below it, never for one above it.
//   1. the mutex of the list of open databases, held while a file is opened or closed
//   2. the mutex of WriteLock, by which one thread of this process at a time waits for LMDB's write lock, or has it
//   3. LMDB's write lock, which all processes share
//   4. a hold on the MemoryMap, which every snapshot and every write transaction has. It is never waited for
//   5. the mutex that is held while the map moves
//   6. LMDB's lock of the table of readers
//   7. the mutexes of MemoryMap's holds, ReadPool, Collections, BatchQueue, CommitWatch, NamedLocks and TransactTurn,
//   held
//      for a few instructions
// So a read waits for no writer: where another process has made the file larger, it moves the map by itself, unless
// other transactions hold it.
class Database {
 public:
  // Opens what is not open in this process.
  static Status Open(const std::string& path, const OpenOptions& options, std::unique_ptr<Database>* database);
  // Commits the batches that are queued, brings everything to the disk, and ends the threads. Nothing may be committed
  // afterwards. To be called before it is destroyed.
  Status Stop();
  // OK if a handle with these options can share it; kInvalidArgument names the option that differs.
  Status CheckAgreement(const OpenOptions& options);

  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  MDB_env* env() const { return env_.get(); }
  const std::string& path() const { return path_; }
  bool read_only() const { return options_.read_only; }
  bool lends() const { return options_.lends; }
  LogLimits log_limits() const { return LimitsOf(options_); }

  const DatabaseFiles& files() const { return files_; }
  MemoryMap& map() { return map_; }
  const MemoryMap& map() const { return map_; }
  ReadPool& reads() { return reads_; }
  Collections& collections() { return collections_; }
  BatchQueue& batches() { return batches_; }
  Syncer& syncer() { return syncer_; }
  CommitWatch& commits() { return commits_; }
  NamedLocks& locks() { return locks_; }
  TransactTurn& turn() { return turn_; }

  // The number of the last transaction that anybody has committed. For a caller that holds the map.
  uint64_t last_transaction() const;
  void Info(MDB_envinfo* info);
  size_t map_size();
  // How many bytes of the map the newest version can have.
  size_t used_bytes();

  // Begins LMDB's write transaction, to be ended by EndWrite once it has committed or aborted. kBusy if others are
  // still writing at the deadline. What DatabaseFiles::CheckVersion and Syncer::BeforeWrite say.
  Status BeginWrite(Deadline deadline, MDB_txn** txn);
  void EndWrite() { write_lock_.End(); }
  // For the thread that writes, before it commits: ENOENT if the files of the database have gone.
  Status CheckNames() { return files_.CheckNames(); }
  // The innermost write transaction of the calling thread, null if it has none; and its setter for that thread.
  WriteTransaction* writer() const { return write_lock_.writer(); }
  void set_writer(WriteTransaction* writer) { write_lock_.set_writer(writer); }
  // The kBusy for who has waited for a writer in vain.
  Status WriterBusy() const { return write_lock_.Busy(); }
  // Gives the map another size, in bytes. kBusy while any transaction is open; first waits for those that write, until
  // the deadline.
  Status Resize(size_t map_size, Deadline deadline);

  // Who is told of changes. For the thread that writes, or before anything is written.
  std::vector<ChangeObserver*>& observers() { return observers_; }

 private:
  struct CloseEnv {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
  };
  using Env = std::unique_ptr<MDB_env, CloseEnv>;

  // `options` has all options.
  Database(Env env, const std::string& path, const OpenOptions& options);

  Status OpenEnv();
  // MDB_CORRUPTED if data.mdb has lost pages that the newest version needs.
  Status CheckExtent();
  Status OpenMain();

  // Destroyed from the last to the first.
  const Env env_;
  const std::string path_;
  const OpenOptions options_;
  DatabaseFiles files_;
  MemoryMap map_;
  ReadPool reads_;
  Collections collections_;
  WriteLock write_lock_;
  std::vector<ChangeObserver*> observers_;
  Syncer syncer_{this};
  CommitWatch commits_{this};
  NamedLocks locks_{this};
  TransactTurn turn_{env_.get()};
  BatchQueue batches_{this};
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_DATABASE_H_
