// The turn of a transaction that meets conflicts again and again.
#ifndef LEASEHOLD_CORE_TRANSACT_TURN_H_
#define LEASEHOLD_CORE_TRANSACT_TURN_H_

#include <lmdb.h>

#include <mutex>

namespace leasehold {

// While a thread of some process has it, others begin no optimistic transaction, as a rule: they ask IsTaken first. It
// is a lock of one byte of lock.mdb, which the kernel frees when the process dies. Without that file it is of this
// process alone. One for each Database. Members are safe to call from any thread.
class TransactTurn {
 public:
  // The environment outlives this.
  explicit TransactTurn(MDB_env* env) : env_(env) {}
  TransactTurn(const TransactTurn&) = delete;
  TransactTurn& operator=(const TransactTurn&) = delete;

  // Takes it for an owner, unless another one has it. Does not wait.
  bool Take(const void* owner);
  // Does nothing if somebody else has it.
  void Release(const void* owner);
  bool IsTaken();

 private:
  MDB_env* const env_;
  std::mutex mutex_;
  const void* owner_ = nullptr;  // in this process
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_TRANSACT_TURN_H_
