// Several changes of a database that are applied whole or not at all.
#ifndef LEASEHOLD_CORE_WRITE_BATCH_H_
#define LEASEHOLD_CORE_WRITE_BATCH_H_

#include <memory>
#include <new>
#include <thread>

#include "core/status.h"
#include "core/store/change.h"

namespace leasehold {

class WriteTransaction;

struct WriteBatch {
  // Applies every operation, or stops at the first that fails: then `status` says why, and `failed_at` which.
  void Apply(WriteTransaction* transaction);

  // All that a batch needs is had before it is added; false if there is no memory.
  bool Allocate(size_t operation_count) {
    count = operation_count;
    operations.reset(new (std::nothrow) Change[count]);
    answers.reset(new (std::nothrow) uint64_t[count]());
    return operations && answers;
  }

  std::unique_ptr<uint8_t[]> bytes;
  size_t size = 0;
  // What the slices of the operations lie in, the operations, and what WriteTransaction::Apply answered to each. Null
  // after Allocate has failed.
  std::unique_ptr<Change[]> operations;
  std::unique_ptr<uint64_t[]> answers;
  size_t count = 0;
  std::thread::id caller;

  // How it ended. Kept when the bytes and the operations have gone.
  static constexpr size_t kNoOperation = SIZE_MAX;
  Status status;
  size_t failed_at = kNoOperation;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_WRITE_BATCH_H_
