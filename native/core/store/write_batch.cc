#include "core/store/write_batch.h"

#include "core/store/write_transaction.h"
#include "core/versions/conflict.h"

namespace leasehold {

void WriteBatch::Apply(WriteTransaction* transaction) {
  status = Status();
  failed_at = kNoOperation;
  changed = false;
  for (size_t i = 0; i < count; i++) {
    status = transaction->Apply(operations[i], &answers[i]);
    if (status.ok() && answers[i] == 0 && IsConditional(operations[i].kind)) {
      status = Conflict(operations[i]);
    } else if (!IsCheck(operations[i].kind)) {
      changed = true;
    }
    if (status.ok()) continue;
    failed_at = i;
    return;
  }
}

}  // namespace leasehold
