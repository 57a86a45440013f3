// The log of changes: a hidden collection with a record for each commit that changed a versioned collection. The key of
// a record is the commit's tid, 8 bytes, big-endian. The key 0 has what the store is known by. docs/format.md draws it.
#ifndef LEASEHOLD_CORE_CHANGE_LOG_H_
#define LEASEHOLD_CORE_CHANGE_LOG_H_

#include <lmdb.h>

#include <string>

#include "core/range/range_options.h"
#include "core/status.h"

namespace leasehold {

constexpr size_t kStoreIdBytes = 16;

// How long the log may get.
struct LogLimits {
  uint64_t count;  // of commits
  uint64_t bytes;  // of its pages
};

// Makes LMDB know the handle of the log. To be called once, for an environment that was just opened.
Status OpenChangesHandle(MDB_env* env);

// All functions below give kCodec if the log is damaged.

// Gives the tid of the newest commit that a transaction sees, 0 if there is none.
Status LastTid(MDB_txn* txn, uint64_t* tid);

// Gives the id of the store; `*found` is false, and there is none, before MakeLog was called.
Status StoreId(MDB_txn* txn, uint8_t (&id)[kStoreIdBytes], bool* found);

// Makes the log if it is absent, with a random id of the store.
Status MakeLog(MDB_txn* txn);

// Adds the record of a commit, and deletes old ones while the log is longer than the limits: not the newest one, and a
// few at a time, so that no commit takes long. If it fails, the transaction must be rolled back.
Status AddToLog(MDB_txn* txn, uint64_t tid, const std::string& record, const LogLimits& limits);

// Makes a log that begins with this record, for values that came from another log. If it fails, the transaction must be
// rolled back.
Status RestartLog(MDB_txn* txn, uint64_t tid, const std::string& record);

// Gives whether a commit after `tid` may have changed a key of a collection between bounds: it may if the log does not
// reach back to `tid`.
Status ChangedSince(MDB_txn* txn, uint64_t tid, const std::string& collection, const RangeParts& range, bool* changed);

// Gives whether a commit after `tid` may have this id: it may if the log does not reach back to `tid`.
Status HasIdSince(MDB_txn* txn, uint64_t tid, const std::string& id, bool* has);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_CHANGE_LOG_H_
