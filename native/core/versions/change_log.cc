#include "core/versions/change_log.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "core/database/collection.h"
#include "core/lmdb/lmdb_handles.h"
#include "core/versions/big_endian.h"
#include "core/versions/change_record.h"
#include "core/versions/log_cursor.h"

namespace leasehold {
namespace {

// The key of what the store is known by.
constexpr uint64_t kStoreKey = 0;
constexpr uint8_t kStoreFormat = 1;

// The log may have so many records more than its limit, an eighth of the limit at most. So its oldest page is changed
// seldom, and not by each commit.
constexpr uint64_t kMostSlack = 64;
// So many records are deleted by one commit at most; more only if they have no more bytes than twice what it adds.
constexpr uint64_t kMostDeleted = 64;

Status PutLast(MDB_txn* txn, uint64_t key, const std::string& bytes) {
  uint8_t key_bytes[kTidKeyBytes];
  StoreBig(key, key_bytes);
  MDB_val k{kTidKeyBytes, key_bytes};
  MDB_val v{bytes.size(), const_cast<char*>(bytes.data())};
  return Status(mdb_put(txn, kChangesHandle, &k, &v, MDB_APPEND));
}

Status IsTooLong(MDB_txn* txn, const LogLimits& limits, uint64_t slack, bool* too_long) {
  MDB_stat stat;
  const int rc = mdb_stat(txn, kChangesHandle, &stat);
  if (rc != 0) return Status(rc);
  const uint64_t pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  const uint64_t records = stat.ms_entries - 1;  // without that of the store
  *too_long = records > limits.count + slack || pages * stat.ms_psize > limits.bytes;
  return Status();
}

Status Trim(MDB_txn* txn, uint64_t newest, size_t added_bytes, const LogLimits& limits) {
  bool too_long;
  Status status = IsTooLong(txn, limits, std::min(limits.count / 8, kMostSlack), &too_long);
  if (!status.ok() || !too_long) return status;
  LogCursor log;
  status = log.Open(txn);
  size_t deleted_bytes = 0;
  for (uint64_t deleted = 0; status.ok(); deleted++) {
    if (deleted >= kMostDeleted && deleted_bytes >= 2 * added_bytes) break;
    status = IsTooLong(txn, limits, 0, &too_long);
    if (!status.ok() || !too_long) break;
    bool found;
    status = log.First(kStoreKey + 1, &found);
    if (!status.ok() || !found || log.tid() >= newest) break;
    deleted_bytes += log.record().size;
    status = log.Delete();
  }
  return status;
}

// Gives whether `ask` is true of a commit after `tid`. It is also true if the log does not reach back to `tid`, or ends
// before it.
template <typename Ask>
Status AnySince(MDB_txn* txn, uint64_t tid, bool* any, Ask ask) {
  uint64_t newest;
  Status status = LastTid(txn, &newest);
  *any = newest < tid;
  if (!status.ok() || newest <= tid) return status;
  LogCursor log;
  bool found;
  status = log.Open(txn);
  if (status.ok()) status = log.First(tid + 1, &found);
  if (!status.ok()) return status;
  *any = log.tid() != tid + 1;
  while (found && !*any) {
    status = ask(log.record(), any);
    if (status.ok() && !*any) status = log.Next(&found);
    if (!status.ok()) return status;
  }
  return status;
}

}  // namespace

Status OpenChangesHandle(MDB_env* env) { return Status(leasehold_open_handle(env, kChangesHandle, kLogName, 0)); }

Status LastTid(MDB_txn* txn, uint64_t* tid) {
  *tid = 0;
  bool absent;
  Status status = UseLog(txn, &absent);
  if (!status.ok() || absent) return status;
  LogCursor log;
  bool found = false;
  status = log.Open(txn);
  if (status.ok()) status = log.Last(&found);
  if (status.ok() && found) *tid = log.tid();
  return status;
}

Status StoreId(MDB_txn* txn, uint8_t (&id)[kStoreIdBytes], bool* found) {
  *found = false;
  bool absent;
  Status status = UseLog(txn, &absent);
  if (!status.ok() || absent) return status;
  LogCursor log;
  status = log.Open(txn);
  if (status.ok()) status = log.First(kStoreKey, found);
  if (!status.ok()) return status;
  const Slice store = log.record();
  if (!*found || log.tid() != kStoreKey || store.size < 1 + kStoreIdBytes || store.data[0] != kStoreFormat) {
    *found = false;
    return DamagedLog("it does not say which store it belongs to");
  }
  std::copy_n(store.data + 1, kStoreIdBytes, id);
  return Status();
}

Status MakeLog(MDB_txn* txn) {
  bool absent;
  Status status = UseLog(txn, &absent);
  if (!status.ok() || !absent) return status;
  uint8_t store[1 + kStoreIdBytes] = {kStoreFormat};
  if (getentropy(store + 1, kStoreIdBytes) != 0) return Status(errno, "the system has no random numbers");
  const int rc = leasehold_make_collection(txn, kLogName, 0);
  if (rc != 0) return Status(rc);
  status = UseLog(txn, &absent);
  if (!status.ok()) return status;
  return PutLast(txn, kStoreKey, std::string(reinterpret_cast<const char*>(store), sizeof(store)));
}

Status AddToLog(MDB_txn* txn, uint64_t tid, const std::string& record, const LogLimits& limits) {
  Status status = MakeLog(txn);
  if (status.ok()) status = PutLast(txn, tid, record);
  return status.ok() ? Trim(txn, tid, record.size(), limits) : std::move(status);
}

Status RestartLog(MDB_txn* txn, uint64_t tid, const std::string& record) {
  Status status = MakeLog(txn);
  LogCursor log;
  if (status.ok()) status = log.Open(txn);
  bool found = status.ok();
  while (found) {
    status = log.First(kStoreKey + 1, &found);
    if (status.ok() && found) status = log.Delete();
    found = found && status.ok();
  }
  return status.ok() ? PutLast(txn, tid, record) : std::move(status);
}

Status ChangedSince(MDB_txn* txn, uint64_t tid, const std::string& collection, const RangeParts& range, bool* changed) {
  return AnySince(txn, tid, changed,
                  [&](Slice record, bool* touches) { return RecordTouches(record, collection, range, touches); });
}

Status HasIdSince(MDB_txn* txn, uint64_t tid, const std::string& id, bool* has) {
  return AnySince(txn, tid, has, [&](Slice record, bool* found) { return RecordHasId(record, id, found); });
}

}  // namespace leasehold
