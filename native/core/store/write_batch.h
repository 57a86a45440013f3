// Several changes of a database that are applied whole or not at all.
#ifndef LEASEHOLD_CORE_WRITE_BATCH_H_
#define LEASEHOLD_CORE_WRITE_BATCH_H_

#include <memory>
#include <thread>
#include <vector>

#include "core/status.h"
#include "core/store/collection.h"

namespace leasehold {

class WriteTransaction;

struct WriteOperation {
  Collection* collection;
  bool is_delete;
  Slice key;
  Slice value;  // of a put
};

struct WriteBatch {
  // Applies every operation, or stops at the first that fails: then `status` says why, and `failed_at` which.
  void Apply(WriteTransaction* transaction);

  std::unique_ptr<uint8_t[]> bytes;  // what the slices of the operations lie in
  size_t size = 0;
  std::vector<WriteOperation> operations;
  std::thread::id caller;

  // How it ended. Kept when the bytes and the operations have gone.
  static constexpr size_t kNoOperation = SIZE_MAX;
  Status status;
  size_t failed_at = kNoOperation;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_WRITE_BATCH_H_
