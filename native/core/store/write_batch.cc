#include "core/store/write_batch.h"

#include "core/store/write_transaction.h"
#include "core/versions/conflict.h"

namespace leasehold {

void WriteBatch::Apply(WriteTransaction* transaction) {
  status = Status();
  failed_at = kNoOperation;
  changed = false;
  conflicts.clear();
  for (size_t i = 0; i < count; i++) {
    if (i >= checks && !conflicts.empty()) return;
    Status applied = transaction->Apply(operations[i], &answers[i]);
    if (applied.ok() && answers[i] == 0 && IsConditional(operations[i].kind)) {
      applied = Conflict(operations[i]);
    } else if (!IsCheck(operations[i].kind)) {
      changed = true;
    }
    if (applied.ok()) continue;
    const bool goes_on = i < checks && applied.code() == kConflict && conflicts.size() < kMostConflicts;
    if (goes_on) conflicts.push_back(i);
    if (status.ok()) {
      status = std::move(applied);
      failed_at = i;
    }
    if (!goes_on) return;
  }
}

}  // namespace leasehold
