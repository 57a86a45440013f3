// Transactions: a read transaction stands on a snapshot and lends its memory; a write transaction changes the database.
#ifndef LEASEHOLD_CORE_TRANSACTION_H_
#define LEASEHOLD_CORE_TRANSACTION_H_

#include <memory>
#include <vector>

#include "core/memory/lease.h"
#include "core/store/change.h"
#include "core/store/environment.h"

namespace leasehold {

// Below this many leases a list is not worth sweeping.
constexpr size_t kFirstSweep = 1024;

// The largest value that LMDB can write: it hands a value to the system in one piece, and Linux takes so many bytes.
constexpr size_t kMostValueBytes = 0x7ffff000 - 2 * 65536;

inline MDB_val ToVal(Slice slice) { return MDB_val{slice.size, const_cast<uint8_t*>(slice.data)}; }
inline Slice ToSlice(const MDB_val& val) { return Slice{static_cast<const uint8_t*>(val.mv_data), val.mv_size}; }

class Transaction {
 public:
  virtual ~Transaction() = default;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Null for one that no JavaScript thread has begun.
  Environment* environment() const { return environment_; }
  Database* database() const { return database_; }
  bool is_write() const { return is_write_; }
  virtual MDB_txn* txn() const = 0;
  virtual uint64_t id() const = 0;
  // kTxnEnded, or why else it cannot be used now.
  virtual Status CheckUsable() const = 0;

  // Gives the handle to use for a collection here; `*absent` if this transaction does not see the collection.
  // kNoCollection if it was dropped and made again.
  Status Resolve(Collection* collection, MDB_dbi* dbi, bool* absent);
  // The collection of that name, null if there is none here. MDB_DBS_FULL if there is no handle for it.
  Status FindCollection(const char* name, Collection** collection);

  // MDB_NOTFOUND if the key is absent. The value is valid until the transaction ends or, if it writes, its next write.
  // Of several values, it is the first.
  Status Get(Collection* collection, Slice key, MDB_val* value);
  // Whether a key has a value among its several. kInvalidArgument if keys have one value each in this collection.
  Status HasPair(Collection* collection, Slice key, Slice value, bool* found);
  Status Stat(Collection* collection, MDB_stat* stat);

 protected:
  Status CheckKeySize(Slice key) const;
  static Status CheckHasDuplicates(const Collection& collection);

  // `seen` is of the same LMDB transaction.
  Transaction(Environment* environment, Database* database, bool is_write, SeenCollections* seen)
      : environment_(environment), database_(database), is_write_(is_write), seen_(seen) {}

 private:
  Environment* const environment_;
  Database* const database_;
  const bool is_write_;
  SeenCollections* const seen_;
};

class ReadTransaction;

// What a read transaction lends, as the lease protocol sees it.
struct TransactionSource : leasehold_source {
  ReadTransaction* transaction;
  // Once it has ended: how many nodes have not been looked at, to find the leases among sinks of other addons.
  size_t unseen = SIZE_MAX;
  // How often those sinks were asked to copy what they borrowed; how many are left to be asked in this round, and how
  // many could not.
  int rounds = 0;
  size_t to_ask = 0;
  size_t refused = 0;
};

// What is to end a read transaction.
struct Owner {
  virtual ~Owner() = default;
  // If not, nobody is left who could.
  virtual bool IsReachable() = 0;
};

class ReadTransaction final : public Transaction {
 public:
  // `invalidate`: what it lent ends with it, instead of being moved.
  static Status Begin(Environment* environment, bool invalidate, std::unique_ptr<ReadTransaction>* transaction);
  // Forgets the leases that are left, tells the sinks of other addons, and gives the snapshot back.
  ~ReadTransaction() override;

  MDB_txn* txn() const override { return snapshot_->txn; }
  uint64_t id() const override { return snapshot_->id; }
  Status CheckUsable() const override { return ended_ ? Status(kTxnEnded) : Status(); }

  const Snapshot& snapshot() const { return *snapshot_; }
  bool invalidate() const { return invalidate_; }
  bool ended() const { return ended_; }
  // From now on nothing can be read through it; what it lent stays readable until it is destroyed.
  void End();
  // Whether anything on its lists may still read its memory.
  bool lends() const { return leases.length + buffers.length > 0; }
  // Whether its snapshot has these bytes.
  bool Contains(const void* data, size_t size) const;

  // The leases on its memory, with sinks of other addons among them, and the leased Buffers.
  TransactionSource leases;
  leasehold_source buffers;
  // How long the list of leases may be before those that nobody can reach are looked for.
  size_t sweep_at = kFirstSweep;
  size_t sweep_buffers_at = kFirstSweep;
  // The lease that point reads add their rows to, null if the next one needs another.
  Lease* point = nullptr;
  // The handles of the cursors and of the joins that stand in it.
  std::vector<int32_t> cursors;
  std::vector<int32_t> joins;
  // Null if nobody asks.
  std::unique_ptr<Owner> owner;

  // Where the `index`th window begins, and how many of its bytes this transaction may use.
  const uint8_t* WindowBase(uint32_t index) const { return map_base_ + index * kWindowBytes; }
  size_t WindowExtent(uint32_t index) const;
  // The number of the window in which an address of the map lies.
  uint32_t WindowOf(const void* address) const {
    return static_cast<uint32_t>(static_cast<size_t>(static_cast<const uint8_t*>(address) - map_base_) / kWindowBytes);
  }

 private:
  ReadTransaction(Environment* environment, bool invalidate, Snapshot* snapshot);

  Snapshot* const snapshot_;
  const uint8_t* const map_base_;
  const bool invalidate_;
  bool ended_ = false;
};

class WriteTransaction final : public Transaction {
 public:
  // A child of the calling thread's write transaction on the same database, if it has one. If not, the batches that
  // this thread has added are committed first. kBusy, with who may be writing, if that takes longer than until the
  // deadline.
  static Status Begin(Environment* environment, Deadline deadline, std::unique_ptr<WriteTransaction>* transaction);
  // The same for the database's own thread.
  static Status Begin(Database* database, std::unique_ptr<WriteTransaction>* transaction);
  // Rolls back, if neither Commit nor Abort was called.
  ~WriteTransaction() override;

  MDB_txn* txn() const override { return txn_; }
  uint64_t id() const override { return mdb_txn_id(txn_); }
  Status CheckUsable() const override;

  // A failed write dooms its transaction: Commit then rolls back and returns that write's status.
  Status Commit();
  bool is_doomed() const { return !doomed_.ok(); }
  void Abort();

  // Makes a change, after the database's observers have been told of it. `*answer`: of a put, 1 if the pair was stored,
  // 0 if it met one that is there; of a deletion, how many keys, of kClear how many entries have gone.
  Status Apply(const Change& change, uint64_t* answer);
  // Makes a named collection with persistent flags: the one that is there, if there is one, whatever its flags.
  Status MakeCollection(const char* name, unsigned flags, Collection** collection);

 private:
  Status ApplyUnobserved(const Change& change, uint64_t* answer);
  Status TellBeforeCommit();
  template <typename Tell>
  Status TellObservers(Tell tell);
  // `*inserted` is false if `flags` has MDB_NOOVERWRITE and the key exists. Where keys can have several values, a pair
  // is added, with MDB_APPEND behind the last one, and `*inserted` is false if it exists.
  Status Put(Collection* collection, Slice key, Slice value, unsigned flags, bool* inserted);
  Status Delete(Collection* collection, Slice key, bool* found);
  Status DeletePair(Collection* collection, Slice key, Slice value, bool* found);
  Status Clear(Collection* collection, const RangeParts& range, uint64_t* count);
  Status CheckNoCollectionRecords(const RangeParts& range);
  Status Drop(Collection* collection);

  WriteTransaction(Environment* environment, Database* database, WriteTransaction* parent)
      : Transaction(environment, database, true, &seen_here_), parent_(parent) {}

  static Status Begin(Environment* environment, Database* database, Deadline deadline,
                      std::unique_ptr<WriteTransaction>* transaction);

  // What every write does first.
  Status Prepare(Collection* collection, Slice key, MDB_dbi* dbi);
  Status CheckNoCollectionRecord(MDB_dbi main, Slice key) const;
  Status CheckPairSize(Slice value) const;
  Status PutPair(Collection* collection, MDB_dbi dbi, Slice key, Slice value, bool* inserted);
  Status AppendPair(Collection* collection, MDB_dbi dbi, Slice key, Slice value);
  // Puts by a cursor that stays open for the next one.
  int PutByCursor(MDB_dbi dbi, Slice key, Slice value);
  // Before anything that LMDB's open cursors do not survive, or that they would slow down.
  void ClosePutCursor();
  Status Doom(int rc, const char* tried, const Collection& collection);
  // `committed`: the version, 0 if it was rolled back.
  void Finish(uint64_t committed);

  WriteTransaction* const parent_;
  MDB_txn* txn_ = nullptr;
  bool has_child_ = false;
  bool finished_ = false;
  Status doomed_;
  bool observing_ = false;  // an observer is being told, and what it changes is told to nobody
  MDB_cursor* put_cursor_ = nullptr;
  SeenCollections seen_here_;
  std::vector<CollectionChange> changes_;  // the collections that it has made and dropped
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_TRANSACTION_H_
