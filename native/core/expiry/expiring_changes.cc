// How a write transaction changes a collection whose values expire.
#include "core/keys/stored_key.h"
#include "core/lmdb/lmdb_put.h"
#include "core/range/open_range.h"
#include "core/store/write_transaction.h"
#include "core/versions/header.h"

namespace leasehold {
namespace {

std::string CopyOf(Slice bytes) { return std::string(reinterpret_cast<const char*>(bytes.data), bytes.size); }

Slice BytesIn(const std::string& text) { return Slice{reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

}  // namespace

Status WriteTransaction::ApplyExpiring(const Change& change, uint64_t* answer) {
  switch (change.kind) {
    case ChangeKind::kPut:
    case ChangeKind::kPutNew:
    case ChangeKind::kAppend:
      return PutExpiring(change, answer);
    case ChangeKind::kDelete:
      return DeleteExpiring(change, answer);
    case ChangeKind::kClear:
      return ClearExpiring(change.collection, change.range(), answer);
    case ChangeKind::kDrop:
      return DropExpiring(change.collection);
    default:
      return CheckHasDuplicates(*change.collection);
  }
}

Status WriteTransaction::FindTime(Collection* collection, Slice key, MDB_dbi* dbi, uint64_t* time, bool* found) {
  *time = kNever;
  *found = false;
  Status status = CheckKeySize(*collection, key);
  if (status.ok()) status = Prepare(collection, key, dbi);
  if (!status.ok()) return status;
  MDB_val k = ToVal(key);
  MDB_val v;
  int rc = 0;
  if (collection->has_any_keys()) {
    rc = FindStored(txn_, *dbi, key, &v);
  } else {
    rc = OpenPutCursor(*dbi);
    if (rc == 0) rc = leasehold_find(put_cursor_, &k, &v);
  }
  if (rc != 0) return Status(rc == MDB_NOTFOUND ? 0 : rc);
  if (!SkipHeader(collection->header_bytes, &v)) return Status(MDB_CORRUPTED);
  *found = true;
  *time = TimeBefore(static_cast<const uint8_t*>(v.mv_data));
  return Status();
}

// Whether all entries that do not come before a key have expired.
Status WriteTransaction::CheckIsLast(Collection* collection, Slice key) {
  RangeOptions options;
  options.reverse = true;
  options.limit = 1;
  std::unique_ptr<Rows> rows;
  Status status = OpenRange(this, collection, std::move(options), &rows);
  Slice last;
  Slice value;
  bool found = false;
  if (status.ok()) status = rows->Step(&last, &value, &found);
  return found && Compare(key, last) <= 0 ? Status(kKeyOrder) : std::move(status);
}

Status WriteTransaction::PutExpiring(const Change& change, uint64_t* answer) {
  Collection* collection = change.collection;
  const uint64_t now = CurrentTime();
  MDB_dbi dbi;
  uint64_t old_time;
  bool found;
  Status status = FindTime(collection, change.key, &dbi, &old_time, &found);
  if (status.ok() && change.kind == ChangeKind::kAppend) status = CheckIsLast(collection, change.key);
  if (!status.ok()) return status;
  const bool replaces = found && !IsExpired(old_time, now);
  if (replaces && change.kind == ChangeKind::kPutNew) return Status();
  const uint64_t time = change.expiry.TimeAt(now, replaces ? &old_time : nullptr);
  status = PutNotPlain(change, dbi, time, 0, answer);
  if (!status.ok()) return status;
  status = expiry_index_.Update(*collection, change.key, old_time, time);
  return status.ok() ? status : Doom(std::move(status), *collection);
}

Status WriteTransaction::DeleteRecord(Collection* collection, Slice key, uint64_t time) {
  uint64_t deleted;
  Status status = Delete({ChangeKind::kDelete, collection, key}, &deleted);
  return status.ok() ? Doom(expiry_index_.Update(*collection, key, time, kNever), *collection) : status;
}

Status WriteTransaction::DeleteExpiring(const Change& change, uint64_t* answer) {
  MDB_dbi dbi;
  uint64_t time;
  bool found;
  Status status = FindTime(change.collection, change.key, &dbi, &time, &found);
  if (!status.ok() || !found || IsExpired(time, CurrentTime())) return status;
  *answer = 1;
  return DeleteRecord(change.collection, change.key, time);
}

// What has expired stays for the sweep, unless everything goes.
Status WriteTransaction::ClearExpiring(Collection* collection, const RangeParts& range, uint64_t* count) {
  MDB_dbi dbi;
  Status status = Prepare(collection, Slice(), &dbi);
  std::unique_ptr<Rows> rows;
  if (status.ok()) status = OpenRange(this, collection, RangeOptions(range), &rows);
  if (!status.ok()) return status;
  if (range.IsAll()) {
    uint64_t unused;
    status = rows->Count(count);
    if (!status.ok() || *count == 0) return status;
    status = Clear(collection, range, &unused);
    return status.ok() ? Doom(expiry_index_.Clear(*collection), *collection) : status;
  }
  while (status.ok()) {
    Slice key;
    Slice value;
    bool found;
    status = rows->Step(&key, &value, &found);
    if (!found) break;
    const std::string copy = CopyOf(key);
    status = DeleteRecord(collection, BytesIn(copy), TimeBefore(value.data));
    if (status.ok()) ++*count;
  }
  return *count > 0 ? Doom(std::move(status), *collection) : status;
}

Status WriteTransaction::DropExpiring(Collection* collection) {
  Status status = Drop(collection);
  Collection* index = nullptr;
  if (status.ok()) status = FindCollection(ExpiryIndexName(*collection).c_str(), &index);
  if (status.ok() && index != nullptr) status = Drop(index);
  return status;
}

Status WriteTransaction::Sweep(Collection* collection, uint64_t limit, uint64_t* answer) {
  MDB_dbi dbi;
  bool absent = true;
  Status status = CheckUsable();
  if (status.ok()) status = Resolve(collection, &dbi, &absent);
  // The collection may have been dropped meanwhile.
  if (status.code() == kNoCollection) return Status();
  if (!status.ok() || absent || !collection->expires()) return status;
  const uint64_t now = CurrentTime();
  uint64_t deleted = 0;
  bool found = true;
  for (uint64_t i = 0; i < limit && found && status.ok(); i++) {
    std::string first_bytes;
    status = expiry_index_.Take(*collection, now, &first_bytes, &found);
    if (status.ok() && found) status = SweepEntry(collection, first_bytes, now, &deleted);
  }
  bool more = false;
  if (status.ok()) status = expiry_index_.IsDue(*collection, now, &more);
  *answer = 2 * deleted + (more ? 1 : 0);
  return Doom(std::move(status), *collection);
}

Status WriteTransaction::SweepEntry(Collection* collection, const std::string& first_bytes, uint64_t now,
                                    uint64_t* deleted) {
  uint64_t time;
  bool found;
  if (first_bytes.size() < kIndexedKeyBytes) {
    MDB_dbi dbi;
    Status status = FindTime(collection, BytesIn(first_bytes), &dbi, &time, &found);
    return found ? SweepRecord(collection, BytesIn(first_bytes), time, now, deleted) : status;
  }
  RangeOptions options;
  options.lower.Assign(BytesIn(first_bytes), false);
  std::unique_ptr<Rows> rows;
  Status status = OpenAllRows(this, collection, std::move(options), &rows);
  while (status.ok()) {
    Slice key;
    Slice value;
    status = rows->Step(&key, &value, &found);
    if (!found || key.size < first_bytes.size() || CopyOf(key).compare(0, first_bytes.size(), first_bytes) != 0) break;
    const std::string copy = CopyOf(key);
    status = SweepRecord(collection, BytesIn(copy), TimeBefore(value.data), now, deleted);
  }
  return status;
}

Status WriteTransaction::SweepRecord(Collection* collection, Slice key, uint64_t time, uint64_t now,
                                     uint64_t* deleted) {
  if (!IsExpired(time, now)) return expiry_index_.Update(*collection, key, kNever, time);
  const Change change{ChangeKind::kDelete, collection, key};
  Status status = TellBeforeChange(change);
  uint64_t found = 0;
  if (status.ok()) status = Delete(change, &found);
  if (found == 0) return status;
  ++*deleted;
  if (collection->has_versions()) notes_.AddKey(*collection, key);
  return status;
}

}  // namespace leasehold
