#include "core/versions/change_log.h"

#include "core/database/collection.h"
#include "core/lmdb/lmdb_handles.h"
#include "core/lmdb/lmdb_map.h"

namespace leasehold {
namespace {

constexpr char kLogName[] = "__leasehold_changes";
constexpr size_t kTidKeyBytes = 8;

uint64_t ReadTid(const MDB_val& key) {
  const auto* at = static_cast<const uint8_t*>(key.mv_data);
  uint64_t tid = 0;
  for (size_t i = 0; i < kTidKeyBytes; i++) tid = tid << 8 | at[i];
  return tid;
}

Status Damaged(const char* what) {
  return Status(kCodec, std::string("the log of changes ('") + kLogName + "') is damaged: " + what +
                            "; restore the database from a copy");
}

// Makes the handle usable in a transaction. `*absent` if the transaction sees no log.
Status UseLog(MDB_txn* txn, bool* absent) {
  int rc = leasehold_use_handle(txn, kChangesHandle);
  *absent = rc == MDB_NOTFOUND;
  if (*absent) return Status();
  unsigned flags = 0;
  if (rc == 0) rc = mdb_dbi_flags(txn, kChangesHandle, &flags);
  if (rc == MDB_INCOMPATIBLE || flags != 0) return Damaged("another program has made something of that name");
  return Status(rc);
}

}  // namespace

Status OpenChangesHandle(MDB_env* env) { return Status(leasehold_open_handle(env, kChangesHandle, kLogName, 0)); }

Status LastTid(MDB_txn* txn, uint64_t* tid) {
  *tid = 0;
  bool absent;
  Status status = UseLog(txn, &absent);
  if (!status.ok() || absent) return status;
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn, kChangesHandle, &cursor);
  if (rc != 0) return Status(rc);
  MDB_val key;
  MDB_val record;
  rc = mdb_cursor_get(cursor, &key, &record, MDB_LAST);
  if (rc == 0) rc = leasehold_check_bytes(txn, &key);
  if (rc == 0 && key.mv_size != kTidKeyBytes) status = Damaged("a key is no number of a commit");
  if (rc == 0 && status.ok()) *tid = ReadTid(key);
  mdb_cursor_close(cursor);
  return rc == 0 || rc == MDB_NOTFOUND ? std::move(status) : Status(rc);
}

}  // namespace leasehold
