#include "core/store/read_transaction.h"

#include "core/versions/change_log.h"

namespace leasehold {
namespace {

// How often a sink of another addon may say that it cannot copy before it expires: none holds a reader slot for ever.
constexpr int kMostRefusals = 3;

const leasehold_source_descriptor kTransactionSource =
    LEASEHOLD_SOURCE_DESCRIPTOR([](const leasehold_source* source, const void* data, size_t size) {
      return static_cast<int>(static_cast<const TransactionSource*>(source)->transaction->Contains(data, size));
    });

}  // namespace

TransactionSource::TransactionSource(ReadTransaction* its_transaction, bool invalidate, size_t* held)
    : Source(&kTransactionSource, nullptr, 0, invalidate, held, kMostRefusals), transaction(its_transaction) {}

Slice TransactionSource::Window(uint64_t window) const {
  if (window > UINT32_MAX) return Slice();
  const auto index = static_cast<uint32_t>(window);
  return Slice{transaction->WindowBase(index), transaction->WindowExtent(index)};
}

Status ReadTransaction::Begin(Environment* environment, bool invalidate,
                              std::unique_ptr<ReadTransaction>* transaction) {
  Snapshot* snapshot;
  Status status = environment->AcquireSnapshot(&snapshot);
  if (!status.ok()) return status;
  transaction->reset(new ReadTransaction(environment, invalidate, snapshot));
  return Status();
}

ReadTransaction::ReadTransaction(Environment* environment, bool invalidate, Snapshot* snapshot)
    : Transaction(environment, environment->database(), false, &snapshot->seen),
      source(this, invalidate, &environment->held_bytes),
      snapshot_(snapshot),
      map_base_(environment->database()->map().base()) {}

Status ReadTransaction::SeenTid(uint64_t* tid) {
  if (snapshot_->tid == Snapshot::kUnknownTid) {
    Status status = LastTid(snapshot_->txn, tid);
    if (!status.ok()) return status;
    snapshot_->tid = *tid;
  }
  *tid = snapshot_->tid;
  return Status();
}

void ReadTransaction::BeginOverlay(bool notes_reads) {
  own_overlay_ = std::make_unique<Overlay>(this, notes_reads);
  set_overlay(own_overlay_.get());
}

void ReadTransaction::End() {
  if (ended_) return;
  ended_ = true;
  source.ended = 1;
  set_overlay(nullptr);
  own_overlay_.reset();
  environment()->SnapshotUserEnded(snapshot_);
}

ReadTransaction::~ReadTransaction() {
  End();
  source.End();
  environment()->ReleaseSnapshot(snapshot_);
}

bool ReadTransaction::Contains(const void* data, size_t size) const {
  const auto at = reinterpret_cast<uintptr_t>(data) - reinterpret_cast<uintptr_t>(map_base_);
  return at <= snapshot_->used_bytes && size <= snapshot_->used_bytes - at;
}

}  // namespace leasehold
