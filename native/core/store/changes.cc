// The one way in which collections change: WriteTransaction::Apply.
#include <lmdb.h>

#include "core/database/reader_slots.h"
#include "core/formats/number_value.h"
#include "core/range/clear_range.h"
#include "core/range/open_range.h"
#include "core/store/write_transaction.h"

namespace leasehold {

Status WriteTransaction::Apply(const Change& change, uint64_t* answer) {
  *answer = 0;
  if (change.kind >= ChangeKind::kSweep) [[unlikely]] {
    return change.kind == ChangeKind::kSweep ? Sweep(change.collection, change.limit, answer) : ApplyIf(change, answer);
  }
  Status status = TellBeforeChange(change);
  if (!status.ok()) return status;
  status = ApplyUnobserved(change, answer);
  if (status.ok() && change.collection->has_versions()) Note(change, *answer);
  return status;
}

Status WriteTransaction::ApplyUnobserved(const Change& change, uint64_t* answer) {
  if (change.collection->expires()) [[unlikely]]
    return ApplyExpiring(change, answer);
  switch (change.kind) {
    case ChangeKind::kPut:
      return Put(change, 0, answer);
    case ChangeKind::kPutNew:
      return Put(change, MDB_NOOVERWRITE, answer);
    case ChangeKind::kAppend:
      return Put(change, MDB_APPEND, answer);
    case ChangeKind::kAdd:
      return Add(change, answer);
    case ChangeKind::kDelete:
      return Delete(change, answer);
    case ChangeKind::kDeleteValue:
      return DeletePair(change, answer);
    case ChangeKind::kClear:
      return Clear(change.collection, change.range(), answer);
    case ChangeKind::kDrop:
      return Drop(change.collection);
    default:
      return Status(kInvalidArgument);
  }
}

Status WriteTransaction::Add(const Change& change, uint64_t* answer) {
  if (change.collection->has_duplicates()) return Status(kInvalidArgument, "nothing can be added to several values");
  NumberValue sum;
  Status status = CheckUsable();
  if (status.ok()) status = sum.Read(change.value);
  MDB_val stored;
  if (status.ok()) status = Get(change.collection, change.key, &stored);
  if (status.ok()) status = sum.Add(ToSlice(stored));
  if (!status.ok() && status.code() != MDB_NOTFOUND) return status;
  Change put = change;
  put.kind = ChangeKind::kPut;
  put.value = sum.bytes();
  return Put(put, 0, answer);
}

Status WriteTransaction::TellOf(const Change& change) {
  return TellObservers([&](ChangeObserver* observer) { return observer->BeforeChange(this, change); });
}

Status WriteTransaction::TellBeforeCommit() {
  if (database()->observers().empty()) return Status();
  return TellObservers([&](ChangeObserver* observer) { return observer->BeforeCommit(this); });
}

template <typename Tell>
Status WriteTransaction::TellObservers(Tell tell) {
  observing_ = true;
  Status status;
  for (ChangeObserver* observer : database()->observers()) {
    status = tell(observer);
    if (!status.ok()) break;
  }
  observing_ = false;
  return status;
}

Status WriteTransaction::Clear(Collection* collection, const RangeParts& range, uint64_t* answer) {
  MDB_dbi dbi;
  Status status = Prepare(collection, Slice(), &dbi);
  if (status.ok() && collection->is_main()) status = CheckNoCollectionRecords(range);
  if (!status.ok()) return status;
  ClosePutCursor();
  if (range.IsAll()) {
    MDB_stat stat;
    const int rc = mdb_stat(txn_, dbi, &stat);
    if (rc != 0) return Status(rc);
    *answer = stat.ms_entries;
    return Doom(mdb_drop(txn_, dbi, 0), "clear", *collection);
  }
  status = ClearRange(this, collection, RangeOptions(range), answer);
  if (status.ok()) return status;
  // The entries before the one that failed have been deleted.
  doomed_ = Status(status.code(), "clear " + collection->Title() + ": " + status.Message());
  return WriteFailure(database()->env(), status.code());
}

// Deleting the record of a collection would lose the collection's pages for ever.
Status WriteTransaction::CheckNoCollectionRecords(const RangeParts& range) {
  RangeOptions keys(range);
  keys.keys_only = true;
  std::unique_ptr<Rows> rows;
  Status status = OpenRange(this, database()->collections().main(), std::move(keys), &rows);
  bool found = status.ok();
  while (found) {
    Slice key;
    Slice value;
    status = rows->Step(&key, &value, &found);
    if (found) status = CheckNoCollectionRecord(database()->collections().main()->dbi, key);
    if (!status.ok()) break;
  }
  if (status.code() != kInvalidArgument) return status;
  return Status(
      kInvalidArgument,
      "these entries of the unnamed database are records of collections, so they cannot be cleared: drop those "
      "first");
}

}  // namespace leasehold
