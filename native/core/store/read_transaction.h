// A read transaction: a light handle on a snapshot, which lends the snapshot's memory.
#ifndef LEASEHOLD_CORE_READ_TRANSACTION_H_
#define LEASEHOLD_CORE_READ_TRANSACTION_H_

#include <algorithm>
#include <memory>
#include <vector>

#include "core/memory/source.h"
#include "core/store/transaction.h"
#include "core/transact/overlay.h"

namespace leasehold {

class ReadTransaction;

// What a read transaction lends: its snapshot's part of the memory map.
struct TransactionSource final : Source {
  TransactionSource(ReadTransaction* its_transaction, bool invalidate, size_t* held);
  Slice Window(uint64_t window) const override;

  ReadTransaction* const transaction;
};

// Whoever is to end a read transaction.
struct Owner {
  virtual ~Owner() = default;
  // False once nobody is left who could end it.
  virtual bool IsReachable() = 0;
};

// Lends memory from Begin to its destruction. End only stops further reads: what was lent stays readable, which gives
// its leases time to be moved to the heap. Its environment outlives it.
class ReadTransaction final : public Transaction {
 public:
  // `invalidate`: what it lends expires when it ends, instead of being moved to the heap.
  static Status Begin(Environment* environment, bool invalidate, std::unique_ptr<ReadTransaction>* transaction);
  // Ends it. Deletes the leases that are left, tells the sinks of other addons, and gives the snapshot back.
  ~ReadTransaction() override;

  MDB_txn* txn() const override { return snapshot_->txn; }
  uint64_t id() const override { return snapshot_->id; }
  Status SeenTid(uint64_t* tid) override;
  Status CheckUsable() const override { return ended_ ? Status(kTxnEnded) : Status(); }

  // Makes it optimistic: from now on it has an overlay, and sees what is written there. See Overlay for `notes_reads`.
  void BeginOverlay(bool notes_reads);

  const Snapshot& snapshot() const { return *snapshot_; }
  bool invalidate() const { return source.expires != 0; }
  bool ended() const { return ended_; }
  // From now on nothing can be read through it. Safe to repeat.
  void End();
  // Whether anything may still read its memory.
  bool lends() const { return source.lent() > 0; }
  // Whether these bytes lie in its snapshot.
  bool Contains(const void* data, size_t size) const;

  TransactionSource source;
  // The lease that point reads add their rows to; null if the next one needs another.
  Lease* point = nullptr;
  // How many collections had been noticed when its groups were last split.
  uint64_t groups_seen = 0;
  // The numbers that JavaScript has for the cursors and the joins that stand in it.
  std::vector<int32_t> cursors;
  std::vector<int32_t> joins;
  // Null if nobody watches whether it is forgotten.
  std::unique_ptr<Owner> owner;

  // Where the window number `index` begins, and how many of its bytes the snapshot has.
  const uint8_t* WindowBase(uint32_t index) const { return map_base_ + index * kWindowBytes; }
  size_t WindowExtent(uint32_t index) const {
    const size_t begin = index * kWindowBytes;
    if (begin >= snapshot_->used_bytes) return 0;
    return std::min(kWindowBytes, snapshot_->used_bytes - begin);
  }
  // The number of the window in which an address of the map lies.
  uint32_t WindowOf(const void* address) const {
    return static_cast<uint32_t>(static_cast<size_t>(static_cast<const uint8_t*>(address) - map_base_) / kWindowBytes);
  }

 private:
  ReadTransaction(Environment* environment, bool invalidate, Snapshot* snapshot);

  Snapshot* const snapshot_;
  const uint8_t* const map_base_;
  std::unique_ptr<Overlay> own_overlay_;  // null unless it is optimistic
  bool ended_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_READ_TRANSACTION_H_
