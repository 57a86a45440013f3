// Steps through the records of the log of changes (change_log.h).
#ifndef LEASEHOLD_CORE_LOG_CURSOR_H_
#define LEASEHOLD_CORE_LOG_CURSOR_H_

#include <lmdb.h>

#include <string>

#include "core/database/collection.h"
#include "core/lmdb/slices.h"
#include "core/status.h"

namespace leasehold {

constexpr char kLogName[] = "__leasehold_changes";
constexpr size_t kTidKeyBytes = 8;

// Makes the handle of the log usable in a transaction. `*absent` if the transaction sees no log.
Status UseLog(MDB_txn* txn, bool* absent);

// The kCodec for a log that is damaged.
Status DamagedLog(const char* what);

// Stands on a record. Belongs to a transaction that sees the log (UseLog), and must be destroyed before it ends.
class LogCursor {
 public:
  LogCursor() = default;
  LogCursor(const LogCursor&) = delete;
  LogCursor& operator=(const LogCursor&) = delete;
  ~LogCursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  Status Open(MDB_txn* txn) { return Status(mdb_cursor_open(txn, kChangesHandle, &cursor_)); }

  // Moves it. `*found` says whether there is such a record; the record of the store has the tid 0.
  Status Last(bool* found) { return Get(MDB_LAST, found); }
  Status Next(bool* found) { return Get(MDB_NEXT, found); }
  // To the first record whose tid is `from` or greater.
  Status First(uint64_t from, bool* found);

  // Of the record on which it stands. The bytes are valid until the transaction ends or changes something.
  uint64_t tid() const { return tid_; }
  Slice record() const { return ToSlice(record_); }
  Status Delete() { return Status(mdb_cursor_del(cursor_, 0)); }

 private:
  Status Get(MDB_cursor_op op, bool* found);

  MDB_cursor* cursor_ = nullptr;
  uint8_t wanted_[kTidKeyBytes];
  MDB_val key_{};
  MDB_val record_{};
  uint64_t tid_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LOG_CURSOR_H_
