// How a write transaction numbers its commit, and records what the commit changes.
#include "core/database/reader_slots.h"
#include "core/store/write_transaction.h"
#include "core/versions/change_log.h"
#include "core/versions/change_record.h"

namespace leasehold {

Status WriteTransaction::TakeTid(uint64_t* tid) {
  uint64_t last;
  Status status = LastTid(txn_, &last);
  if (!status.ok()) return status;
  outermost_->tid_ = *tid = last + 1;
  return Status();
}

void WriteTransaction::Note(const Change& change, uint64_t answer) {
  switch (change.kind) {
    case ChangeKind::kDrop:
      return notes_.AddDrop(*change.collection);
    case ChangeKind::kClear:
      if (answer > 0) notes_.AddRange(*change.collection, change.range());
      return;
    default:
      if (answer > 0) notes_.AddKey(*change.collection, change.key);
  }
}

Status WriteTransaction::Record() {
  if (notes_.empty()) return Status();
  notes_.Finish();
  uint64_t tid;
  CommitStamp stamp;
  Status status = Tid(&tid);
  if (status.ok()) status = CommitStamp::Make(&stamp);
  if (status.ok()) status = AddToLog(txn_, tid, EncodeRecord(stamp, notes_), database()->log_limits());
  return status.ok() || status.code() != MDB_MAP_FULL ? std::move(status)
                                                      : WriteFailure(database()->env(), MDB_MAP_FULL);
}

}  // namespace leasehold
