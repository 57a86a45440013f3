// Flags of leasehold's own that a collection has lost: mdb_dump and mdb_load keep only those of LMDB. What belongs to
// the values, the number of the last commit and the index by time, may not have been loaded with them.
#include <algorithm>

#include "core/database/reader_slots.h"
#include "core/keys/reveal_key.h"
#include "core/lmdb/lmdb_handles.h"
#include "core/lmdb/lmdb_map.h"
#include "core/lmdb/slices.h"
#include "core/store/write_transaction.h"
#include "core/versions/change_log.h"
#include "core/versions/change_record.h"
#include "core/versions/header.h"

namespace leasehold {
namespace {

// JavaScript's greatest integer.
constexpr uint64_t kGreatestTid = (uint64_t{1} << 53) - 1;

// Goes from a stored entry to its key, and to its value behind the header. False for an entry that is damaged, which
// stays as it is: reading it fails.
bool Reveal(MDB_txn* txn, const Collection& collection, MDB_val* key, MDB_val* value) {
  return leasehold_check_bytes(txn, key) == 0 && leasehold_check_bytes(txn, value) == 0 &&
         (!collection.has_any_keys() || leasehold_reveal_key(key, value) != 0) &&
         SkipHeader(collection.header_bytes, value);
}

}  // namespace

Status WriteTransaction::ReadHeaders(const Collection& collection, MDB_dbi dbi, uint64_t* greatest_tid) {
  *greatest_tid = 0;
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn_, dbi, &cursor);
  if (rc != 0) return Status(rc);
  Status status;
  MDB_val key;
  MDB_val value;
  while (status.ok() && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
    if (!Reveal(txn_, collection, &key, &value)) continue;
    const auto* behind = static_cast<const uint8_t*>(value.mv_data);
    if (collection.has_versions()) *greatest_tid = std::max(*greatest_tid, TidBefore(collection, behind));
    if (!collection.expires()) continue;
    const uint64_t time = TimeBefore(behind);
    status = time <= kLastTime ? expiry_index_.Update(collection, ToSlice(key), kNever, time)
                               : Status(kCodec, "no time stands before its values: another program has stored them");
  }
  mdb_cursor_close(cursor);
  if (status.ok() && rc != MDB_NOTFOUND) status = Status(rc);
  return status;
}

// The values may come from another database, whose log was not loaded with them.
Status WriteTransaction::RaiseTid(uint64_t greatest) {
  uint64_t last;
  Status status = LastTid(txn_, &last);
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
  const unsigned added = flags & kOwnFlags & ~collection->flags;
  status = Doom(leasehold_add_flags(txn_, dbi, added), "restore the flags of", *collection);
  if (!status.ok()) return status;
  Collection* made =
      database()->collections().BeginLife(collection->name.c_str(), collection->flags | added, id(), &changes_);
  made->restored_flags = added;
  made->restored_from = collection->oldest();
  *restored = made;
  seen_here_.Clear();
  bool absent;
  uint64_t greatest_tid;
  status = Resolve(made, &dbi, &absent);
  if (status.ok()) status = ReadHeaders(*made, dbi, &greatest_tid);
  if (status.ok()) status = RaiseTid(greatest_tid);
  return Doom(std::move(status), *made);
}

}  // namespace leasehold
