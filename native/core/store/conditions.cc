// Changes that are made only if nobody has changed something meanwhile.
#include "core/store/write_transaction.h"
#include "core/versions/change_log.h"

namespace leasehold {

Status WriteTransaction::ApplyIf(const Change& change, uint64_t* answer) {
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
