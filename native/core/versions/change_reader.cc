#include "core/versions/change_reader.h"

#include "core/versions/log_cursor.h"

namespace leasehold {

Status ReadChangeBounds(MDB_txn* txn, ChangeBounds* bounds) {
  *bounds = ChangeBounds();
  bool absent;
  Status status = UseLog(txn, &absent);
  if (!status.ok() || absent) return status;
  LogCursor cursor;
  bool found = false;
  status = cursor.Open(txn);
  if (status.ok()) status = cursor.First(1, &found);
  if (!status.ok() || !found) return status;
  bounds->oldest = cursor.tid();
  status = cursor.Last(&found);
  bounds->newest = cursor.tid();
  return status;
}

Status ReadChangeAfter(MDB_txn* txn, uint64_t after, uint64_t* tid, Slice* record) {
  *tid = 0;
  bool absent;
  Status status = UseLog(txn, &absent);
  if (!status.ok() || absent) return status;
  LogCursor cursor;
  bool found = false;
  status = cursor.Open(txn);
  if (status.ok()) status = cursor.First(after + 1, &found);
  if (!status.ok() || !found) return status;
  *tid = cursor.tid();
  *record = cursor.record();
  return status;
}

}  // namespace leasehold
