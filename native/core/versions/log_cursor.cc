#include "core/versions/log_cursor.h"

#include "core/lmdb/lmdb_handles.h"
#include "core/lmdb/lmdb_map.h"
#include "core/versions/big_endian.h"

namespace leasehold {

Status UseLog(MDB_txn* txn, bool* absent) {
  int rc = leasehold_use_handle(txn, kChangesHandle);
  *absent = rc == MDB_NOTFOUND;
  if (*absent) return Status();
  unsigned flags = 0;
  if (rc == 0) rc = mdb_dbi_flags(txn, kChangesHandle, &flags);
  if (rc == MDB_INCOMPATIBLE || flags != 0) return DamagedLog("another program has made something of that name");
  return Status(rc);
}

Status DamagedLog(const char* what) {
  return Status(kCodec, std::string("the log of changes ('") + kLogName + "') is damaged: " + what +
                            "; restore the database from a copy");
}

Status LogCursor::First(uint64_t from, bool* found) {
  StoreBig(from, wanted_);
  key_ = {kTidKeyBytes, wanted_};
  return Get(MDB_SET_RANGE, found);
}

Status LogCursor::Get(MDB_cursor_op op, bool* found) {
  int rc = mdb_cursor_get(cursor_, &key_, &record_, op);
  *found = rc == 0;
  if (rc == MDB_NOTFOUND) return Status();
  MDB_txn* txn = mdb_cursor_txn(cursor_);
  if (rc == 0) rc = leasehold_check_bytes(txn, &key_);
  if (rc == 0) rc = leasehold_check_bytes(txn, &record_);
  if (rc != 0) return Status(rc);
  if (key_.mv_size != kTidKeyBytes) return DamagedLog("a key is no number of a commit");
  tid_ = LoadBig<uint64_t>(static_cast<const uint8_t*>(key_.mv_data));
  return Status();
}

}  // namespace leasehold
