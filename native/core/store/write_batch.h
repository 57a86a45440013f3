// Several changes of a database that are applied whole or not at all.
#ifndef LEASEHOLD_CORE_WRITE_BATCH_H_
#define LEASEHOLD_CORE_WRITE_BATCH_H_

#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "core/status.h"
#include "core/store/change.h"

namespace leasehold {

class WriteTransaction;

struct WriteBatch {
  // Applies every operation, or stops at the first that fails: then `status` says why, and `failed_at` which.
  void Apply(WriteTransaction* transaction);

  std::unique_ptr<uint8_t[]> bytes;  // what the slices of the operations lie in
  size_t size = 0;
  std::vector<Change> operations;
  std::deque<RangeOptions> ranges;  // of operations that clear
  std::thread::id caller;

  // How it ended. Kept when the bytes and the operations have gone.
  static constexpr size_t kNoOperation = SIZE_MAX;
  Status status;
  size_t failed_at = kNoOperation;
  // What WriteTransaction::Apply answered to each.
  std::vector<uint64_t> answers;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_WRITE_BATCH_H_
