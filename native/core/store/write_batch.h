// Several changes of a database that are applied whole or not at all.
#ifndef LEASEHOLD_CORE_WRITE_BATCH_H_
#define LEASEHOLD_CORE_WRITE_BATCH_H_

#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "core/status.h"
#include "core/store/change.h"

namespace leasehold {

class WriteTransaction;

// Made by the thread that adds it to a BatchQueue, applied by the thread of the queue.
struct WriteBatch {
  // Applies every operation, or stops at the first that fails: then `status` says why, and `failed_at` which. A
  // condition that does not hold is kConflict. Of the `checks`, the first that does not hold is meant.
  void Apply(WriteTransaction* transaction);

  // Takes all memory that applying the batch needs; false if there is none.
  bool Allocate(size_t operation_count) {
    count = operation_count;
    operations.reset(new (std::nothrow) Change[count]);
    answers.reset(new (std::nothrow) uint64_t[count]());
    return operations && answers;
  }

  std::unique_ptr<uint8_t[]> bytes;
  size_t size = 0;
  // `bytes` has what the slices of `operations` refer to; `answers` what WriteTransaction::Apply answered to each.
  std::unique_ptr<Change[]> operations;
  std::unique_ptr<uint64_t[]> answers;
  size_t count = 0;
  // How many operations at the beginning only check something. All of them are applied, whatever their answers.
  size_t checks = 0;
  std::thread::id caller;          // the thread that has added it
  const void* receiver = nullptr;  // whom BatchQueue::Done tells

  // How it ended. `failed_at` is the operation that failed, kNoOperation if it was none of them.
  static constexpr size_t kNoOperation = SIZE_MAX;
  Status status;
  size_t failed_at = kNoOperation;
  // Whether it may have changed something in the transaction. If not, the others of its group can be committed.
  bool changed = false;
  // The conditions among `checks` that do not hold, up to kMostConflicts.
  static constexpr size_t kMostConflicts = 100;
  std::vector<size_t> conflicts;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_WRITE_BATCH_H_
