#include "core/store/read_transaction.h"

#include <algorithm>

namespace leasehold {
namespace {

const leasehold_source_descriptor kTransactionSource =
    LEASEHOLD_SOURCE_DESCRIPTOR([](const leasehold_source* source, const void* data, size_t size) {
      return static_cast<int>(static_cast<const TransactionSource*>(source)->transaction->Contains(data, size));
    });

}  // namespace

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
      snapshot_(snapshot),
      map_base_(environment->database()->map().base()),
      invalidate_(invalidate) {
  leasehold_source_init(&leases, &kTransactionSource, nullptr, 0);
  leases.transaction = this;
  leases.expires = invalidate;
  leasehold_source_init(&buffers, nullptr, nullptr, 0);
}

void ReadTransaction::End() {
  if (ended_) return;
  ended_ = true;
  leases.ended = 1;
  environment()->SnapshotUserEnded(snapshot_);
}

ReadTransaction::~ReadTransaction() {
  End();
  leasehold_end(&leases);
  while (leasehold_node* node = leasehold_first(&buffers)) {
    const std::unique_ptr<BufferLease> buffer(static_cast<BufferLease*>(node));
    // Somebody may be reading it still, in the thread pool say.
    if (buffer->mapping) buffer->mapping->CopyPages(SIZE_MAX);
  }
  environment()->ReleaseSnapshot(snapshot_);
}

bool ReadTransaction::Contains(const void* data, size_t size) const {
  const auto at = reinterpret_cast<uintptr_t>(data) - reinterpret_cast<uintptr_t>(map_base_);
  return at <= snapshot_->used_bytes && size <= snapshot_->used_bytes - at;
}

size_t ReadTransaction::WindowExtent(uint32_t index) const {
  const size_t begin = index * kWindowBytes;
  if (begin >= snapshot_->used_bytes) return 0;
  return std::min(kWindowBytes, snapshot_->used_bytes - begin);
}

}  // namespace leasehold
