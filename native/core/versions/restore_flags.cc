// Flags of leasehold's own that a collection has lost: mdb_dump and mdb_load keep only those of LMDB.
#include <algorithm>

#include "core/database/reader_slots.h"
#include "core/lmdb/lmdb_handles.h"
#include "core/lmdb/lmdb_map.h"
#include "core/store/write_transaction.h"
#include "core/versions/big_endian.h"
#include "core/versions/change_log.h"
#include "core/versions/change_record.h"

namespace leasehold {
namespace {

// JavaScript's greatest integer.
constexpr uint64_t kGreatestTid = (uint64_t{1} << 53) - 1;

// Gives the greatest tid that stands before a value.
Status GreatestTid(MDB_txn* txn, MDB_dbi dbi, uint64_t* greatest) {
  *greatest = 0;
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn, dbi, &cursor);
  if (rc != 0) return Status(rc);
  MDB_val key;
  MDB_val value;
  while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
    rc = leasehold_check_bytes(txn, &value);
    if (rc != 0) break;
    if (value.mv_size < kTidBytes) continue;
    *greatest = std::max(*greatest, LoadBig<uint64_t>(static_cast<const uint8_t*>(value.mv_data)));
  }
  mdb_cursor_close(cursor);
  return rc == MDB_NOTFOUND ? Status() : Status(rc);
}

}  // namespace

// The values may come from another database, whose log was not loaded with them.
Status WriteTransaction::RaiseTid(MDB_dbi dbi) {
  uint64_t greatest;
  uint64_t last;
  Status status = GreatestTid(txn_, dbi, &greatest);
  if (status.ok()) status = LastTid(txn_, &last);
  if (!status.ok() || greatest <= last) return status;
  if (greatest > kGreatestTid) {
    return Status(kCodec, "no number of a commit stands before its values: another program has stored them");
  }
  outermost_->tid_ = 0;
  CommitStamp stamp;
  status = CommitStamp::Make(&stamp);
  return status.ok() ? RestartLog(txn_, greatest, EncodeRecord(stamp, CommitNotes())) : std::move(status);
}

Status WriteTransaction::RestoreFlags(Collection* collection, unsigned flags, Collection** restored) {
  MDB_dbi dbi;
  Status status = Prepare(collection, Slice(), &dbi);
  if (!status.ok()) return status;
  if (collection->is_main() || collection->has_duplicates()) {
    return Status(kInvalidArgument, "it can have no flags but those of LMDB");
  }
  ClosePutCursor();
  if ((flags & kVersionsFlag) != 0) status = RaiseTid(dbi);
  if (!status.ok()) {
    doomed_ = Status(status.code(), "restore the versions of " + collection->Title() + ": " + status.Message());
    return status.code() == MDB_MAP_FULL ? WriteFailure(database()->env(), MDB_MAP_FULL) : std::move(status);
  }
  status = Doom(leasehold_add_flags(txn_, dbi, flags & kOwnFlags), "restore the flags of", *collection);
  if (!status.ok()) return status;
  const unsigned added = flags & kOwnFlags & ~collection->flags;
  Collection* made = database()->collections().BeginLife(collection->name.c_str(), collection->flags | added, id(),
                                                         &changes_);
  made->restored_flags = added;
  made->restored_from = collection->oldest();
  *restored = made;
  seen_here_.Clear();
  return Status();
}

}  // namespace leasehold
