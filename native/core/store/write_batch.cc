#include "core/store/write_batch.h"

#include "core/store/transaction.h"

namespace leasehold {

void WriteBatch::Apply(WriteTransaction* transaction) {
  status = Status();
  failed_at = kNoOperation;
  for (size_t i = 0; i < operations.size(); i++) {
    const WriteOperation& operation = operations[i];
    bool changed;
    status = operation.is_delete ? transaction->Delete(operation.collection, operation.key, &changed)
                                 : transaction->Put(operation.collection, operation.key, operation.value, 0, &changed);
    if (status.ok()) continue;
    failed_at = i;
    return;
  }
}

}  // namespace leasehold
