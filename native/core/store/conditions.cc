// Changes that are made only if nobody has changed something meanwhile.
#include "core/store/write_transaction.h"
#include "core/versions/change_log.h"

namespace leasehold {

Status WriteTransaction::ApplyIf(const Change& change, uint64_t* answer) {
  if (change.kind == ChangeKind::kCommitId) return ApplyId(change, answer);
  bool holds;
  Status status = CheckCondition(change, &holds);
  *answer = status.ok() && holds ? 1 : 0;
  if (*answer == 0 || IsCheck(change.kind)) return status;
  Change plain = change;
  plain.kind = change.kind == ChangeKind::kPutIf ? ChangeKind::kPut : ChangeKind::kDelete;
  // A key that is absent, as its version 0 says, need not be deleted.
  uint64_t unused;
  return Apply(plain, &unused);
}

// The thread that asks may have lost its connection after the commit, and ask again. So a commit is applied once.
Status WriteTransaction::ApplyId(const Change& change, uint64_t* answer) {
  *answer = 0;
  Status status = CheckUsable();
  if (!status.ok()) return status;
  if (!change.collection->has_versions()) return Status(kInvalidArgument, "it was made without versions: true");
  std::string id(reinterpret_cast<const char*>(change.key.data), change.key.size);
  bool known;
  status = HasIdSince(txn_, change.version, id, &known);
  for (const WriteTransaction* writer = this; writer != nullptr; writer = writer->parent_) {
    known = known || writer->notes_.HasId(id);
  }
  if (!status.ok() || known) return status;
  status = Tid(answer);
  if (status.ok()) notes_.AddId(std::move(id));
  return status;
}

Status WriteTransaction::CheckCondition(const Change& change, bool* holds) {
  *holds = false;
  Collection* collection = change.collection;
  Status status = CheckUsable();
  if (!status.ok()) return status;
  if (!collection->has_versions()) return Status(kInvalidArgument, "it was made without versions: true");
  if (change.kind != ChangeKind::kCheckRange) {
    uint64_t version;
    status = Version(collection, change.key, &version);
    *holds = status.ok() && version == change.version;
    return status;
  }
  bool changed;
  status = ChangedSince(txn_, change.version, collection->name, change.range(), &changed);
  for (const WriteTransaction* writer = this; writer != nullptr; writer = writer->parent_) {
    changed = changed || writer->notes_.Touches(collection->name, change.range());
  }
  *holds = status.ok() && !changed;
  return status;
}

}  // namespace leasehold
