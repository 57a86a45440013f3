#include "core/store/write_batch.h"

#include "core/store/write_transaction.h"

namespace leasehold {

void WriteBatch::Apply(WriteTransaction* transaction) {
  status = Status();
  failed_at = kNoOperation;
  for (size_t i = 0; i < count; i++) {
    status = transaction->Apply(operations[i], &answers[i]);
    if (status.ok()) continue;
    failed_at = i;
    return;
  }
}

}  // namespace leasehold
