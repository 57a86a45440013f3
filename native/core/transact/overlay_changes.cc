// The changes of an optimistic transaction, which only the transaction sees until its end.
#include <cerrno>

#include "core/expiry/expiry.h"
#include "core/formats/number_value.h"
#include "core/range/open_range.h"
#include "core/store/read_transaction.h"
#include "core/store/write_transaction.h"
#include "core/transact/overlay.h"
#include "core/versions/header.h"

namespace leasehold {

Status Overlay::Apply(const Change& change, uint64_t* answer) {
  *answer = 0;
  if (transaction_->environment()->read_only()) return Status(kReadOnly);
  Work* work;
  Status status = Use(change.collection, &work);
  if (!status.ok()) return status;
  if (work == nullptr) return Status(kInvalidArgument, "it is leasehold's own: env.transact() cannot change it");
  switch (change.kind) {
    case ChangeKind::kPut:
      status = CheckPut(change);
      if (status.ok()) status = Put(work, change);
      if (status.ok()) *answer = 1;
      return status;
    case ChangeKind::kAdd:
      status = CheckPut(change);
      if (status.ok()) status = Add(work, change);
      if (status.ok()) *answer = 1;
      return status;
    case ChangeKind::kPutNew:
      status = CheckPut(change);
      return status.ok() ? PutNew(work, change, answer) : status;
    case ChangeKind::kDelete:
      status = transaction_->CheckKeySize(*change.collection, change.key);
      return status.ok() ? Delete(work, change.key, answer) : status;
    case ChangeKind::kPutIf:
      status = CheckPut(change);
      if (status.ok()) status = CheckVersion(work, change, answer);
      return status.ok() && *answer == 1 ? Put(work, change) : status;
    case ChangeKind::kDeleteIf: {
      status = transaction_->CheckKeySize(*change.collection, change.key);
      if (status.ok()) status = CheckVersion(work, change, answer);
      uint64_t deleted;
      return status.ok() && *answer == 1 ? Delete(work, change.key, &deleted) : status;
    }
    case ChangeKind::kClear:
      return Clear(work, change.range(), answer);
    case ChangeKind::kAppend:
      return Status(kInvalidArgument, "append() is not possible inside env.transact(): use put()");
    case ChangeKind::kDrop:
      return Status(kInvalidArgument,
                    "drop() is not possible inside env.transact(): use clear(), or drop the collection outside");
    default:
      return Status(kInvalidArgument, "this change is not possible inside env.transact()");
  }
}

Status Overlay::CheckPut(const Change& change) const {
  Status status = transaction_->CheckKeySize(*change.collection, change.key);
  if (!status.ok()) return status;
  if (change.value.size <= kMostValueBytes - change.collection->header_bytes) return Status();
  return Status(kValueSize);
}

Status Overlay::BeginWrite(Work* work, Slice key, Write** write) {
  auto known = work->writes.lower_bound(ViewOf(key));
  if (known == work->writes.end() || known->first != ViewOf(key)) {
    Write begun;
    begun.in_cleared = work->cleared.Contains(ViewOf(key));
    Status status = StoredVersion(work, key, &begun.version);
    if (!status.ok()) return status;
    const Slice copy = Copy(key);
    if (copy.data == nullptr) return Status(ENOMEM);
    NoteUndo(work, ViewOf(copy), nullptr);
    known = work->writes.emplace_hint(known, ViewOf(copy), begun);
  } else {
    NoteUndo(work, known->first, &known->second);
  }
  *write = &known->second;
  return Status();
}

Status Overlay::Put(Work* work, const Change& change) {
  uint64_t time = kNever;
  Status status = work->collection->expires() ? FindTime(change, &time) : Status();
  if (!status.ok()) return status;
  const Slice copy = Copy(change.value, *work->collection, time);
  if (copy.data == nullptr) return Status(ENOMEM);
  Write* write;
  status = BeginWrite(work, change.key, &write);
  if (!status.ok()) return status;
  write->deleted = false;
  write->value = copy;
  write->added = {};
  return Status();
}

Status Overlay::Add(Work* work, const Change& change) {
  if (work->collection->expires()) return Status(kInvalidArgument, "nothing can be added to values that expire");
  const auto known = work->writes.find(ViewOf(change.key));
  const bool is_known = known != work->writes.end();
  const bool only_adds = !is_known || known->second.only_adds();
  NumberValue added;
  Status status = added.Read(change.value);
  if (status.ok() && is_known && only_adds) status = added.Add(known->second.added);
  NumberValue sum = added;
  if (status.ok() && only_adds && !work->cleared.Contains(ViewOf(change.key))) {
    MDB_val stored;
    status = transaction_->GetStored(work->collection, change.key, &stored);
    if (status.ok()) status = sum.Add(ToSlice(stored));
    if (status.code() == MDB_NOTFOUND) status = Status();
  } else if (status.ok() && !only_adds && !known->second.deleted) {
    status = sum.Add(known->second.value);
  }
  if (!status.ok()) return status;
  const Slice sum_copy = Copy(sum.bytes(), *work->collection, kNever);
  const Slice added_copy = only_adds ? Copy(added.bytes()) : Slice();
  if (sum_copy.data == nullptr || (only_adds && added_copy.data == nullptr)) return Status(ENOMEM);
  Write* write;
  status = BeginWrite(work, change.key, &write);
  if (!status.ok()) return status;
  write->deleted = false;
  write->value = sum_copy;
  write->added = added_copy;
  return Status();
}

Status Overlay::FindTime(const Change& change, uint64_t* time) {
  uint64_t old;
  bool found;
  Status status = transaction_->Expires(change.collection, change.key, &old, &found);
  *time = change.expiry.TimeAt(CurrentTime(), found ? &old : nullptr);
  return status;
}

// What the key has is read, so it is checked: a serializable transaction that does not store must not miss that the key
// was deleted.
Status Overlay::PutNew(Work* work, const Change& change, uint64_t* answer) {
  MDB_val there;
  Status status = Get(work->collection, change.key, &there);
  if (status.code() != MDB_NOTFOUND) return status;
  status = Put(work, change);
  if (status.ok()) *answer = 1;
  return status;
}

Status Overlay::Delete(Work* work, Slice key, uint64_t* answer) {
  MDB_val there;
  Status status = Get(work->collection, key, &there);
  if (status.code() == MDB_NOTFOUND) return Status();
  Write* write;
  if (status.ok()) status = BeginWrite(work, key, &write);
  if (!status.ok()) return status;
  write->deleted = true;
  write->added = {};
  *answer = 1;
  return Status();
}

// What the transaction itself has written has version 0, as what is absent: its number is known only after the commit.
Status Overlay::CheckVersion(Work* work, const Change& change, uint64_t* holds) {
  uint64_t version;
  Status status = transaction_->Version(work->collection, change.key, &version);
  *holds = status.ok() && version == change.version ? 1 : 0;
  return status;
}

Status Overlay::Clear(Work* work, const RangeParts& parts, uint64_t* count) {
  RangeOptions options(parts);
  options.keys_only = true;
  KeyRange range(options);
  const bool reverse = options.reverse;
  if (parts.limit >= kNoLimit && !work->collection->expires()) {
    options.reverse = false;
    Status status = Count(work, options, count);
    if (!status.ok()) return status;
  } else {
    std::unique_ptr<Rows> rows;
    Status status = OpenRange(transaction_, work->collection, std::move(options), &rows);
    Slice key;
    Slice value;
    bool found = true;
    while (status.ok() && found) {
      Slice next;
      status = rows->Step(&next, &value, &found);
      if (!status.ok() || !found) break;
      key = next;
      ++*count;
    }
    if (!status.ok()) return status;
    if (*count == parts.limit) (reverse ? range.from : range.to) = reverse ? std::string(ViewOf(key)) : Behind(key);
  }
  if (*count == 0) return Status();
  ClearRange(work, std::move(range));
  return Status();
}

}  // namespace leasehold
