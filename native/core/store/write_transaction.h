// A write transaction: the one way to change a database.
#ifndef LEASEHOLD_CORE_WRITE_TRANSACTION_H_
#define LEASEHOLD_CORE_WRITE_TRANSACTION_H_

#include <memory>
#include <string>
#include <vector>

#include "core/database/collections.h"
#include "core/expiry/expiry_index.h"
#include "core/store/change.h"
#include "core/store/transaction.h"
#include "core/versions/commit_notes.h"

namespace leasehold {

class StoredKey;

// The largest value that LMDB can write: it hands a value to the system in one piece, and Linux takes so many bytes.
constexpr size_t kMostValueBytes = 0x7ffff000 - 2 * 65536;

// Holds the write lock from Begin to its end (Commit, Abort or destruction), and so does no other thread and no other
// process. A thread that begins a second one gets a child of the first: the first cannot be used until its child has
// ended, and what the child has committed is rolled back if the first one is.
//
// A change that fails half done dooms its transaction: every later use fails, and Commit rolls back.
class WriteTransaction final : public Transaction {
 public:
  // Begins a child of the calling thread's write transaction on the same database, if it has one. If not, waits until
  // the batches that this thread has added are committed, and for the write lock. kBusy, with who may be writing, if
  // that is not done by the deadline.
  static Status Begin(Environment* environment, Deadline deadline, std::unique_ptr<WriteTransaction>* transaction);
  // The same for the database's own thread, which has no Environment and waits as long as it takes.
  static Status Begin(Database* database, std::unique_ptr<WriteTransaction>* transaction);
  // Rolls back, if neither Commit nor Abort was called.
  ~WriteTransaction() override;

  MDB_txn* txn() const override { return txn_; }
  uint64_t id() const override { return mdb_txn_id(txn_); }
  Status SeenTid(uint64_t* tid) override {
    Status status = Tid(tid);
    if (status.ok()) --*tid;
    return status;
  }
  Status CheckUsable() const override { return finished_ || has_child_ || !doomed_.ok() ? WhyUnusable() : Status(); }

  // Ends it, with its changes made, or undone if it fails. A doomed transaction fails with the status of the change
  // that doomed it. Under a durability that waits for the disk, a failure to reach the disk is an error of a
  // transaction that has been committed; its message says so.
  Status Commit();
  // Who commits it will tell those that wait for a commit through its environment.
  void BeToldByOwner() { told_by_owner_ = true; }
  bool is_doomed() const { return !doomed_.ok(); }
  // Ends it and undoes its changes, with those of its children. Safe to repeat.
  void Abort();

  // Gives the tid of the versioned values that it writes: the number that its outermost transaction gets when that
  // commits. All transactions inside of the outermost one have the same. kCodec if the log of changes is damaged.
  Status Tid(uint64_t* tid) {
    *tid = outermost_->tid_;
    return *tid != 0 ? Status() : TakeTid(tid);
  }

  // Whether it has written a state with this tid itself, which nobody else may see.
  bool IsOwn(uint64_t tid) const { return tid == outermost_->tid_; }

  // Makes a change, after the database's observers have been told of it. `*answer`: of a put, 1 if the pair was stored,
  // 0 if it met one that is there; of kAdd, 1; of a deletion, how many keys, of kClear how many entries have gone; of
  // kSweep, twice how many keys have gone, and 1 more if there are others whose time has come; of a condition, 1 if it
  // holds.
  Status Apply(const Change& change, uint64_t* answer);
  // Gives the collection of that name: the one that is there, whatever its flags, or a new one with these persistent
  // flags.
  Status MakeCollection(const char* name, unsigned flags, Collection** collection);
  // Gives a collection flags of leasehold's own that it has lost: its values have their headers. It is another
  // Collection from then on, which older versions have, too. kCodec if the values cannot have headers.
  Status RestoreFlags(Collection* collection, unsigned flags, Collection** restored);

 private:
  WriteTransaction(Environment* environment, Database* database, WriteTransaction* parent)
      : Transaction(environment, database, true, &seen_here_),
        parent_(parent),
        outermost_(parent == nullptr ? this : parent->outermost_) {}

  static Status Begin(Environment* environment, Database* database, Deadline deadline,
                      std::unique_ptr<WriteTransaction>* transaction);

  // Why CheckUsable is not OK.
  Status WhyUnusable() const;
  Status ApplyUnobserved(const Change& change, uint64_t* answer);
  Status TakeTid(uint64_t* tid);
  // Gives the greatest tid that stands before a value, and notes the times in the index. kCodec if the values have
  // none.
  Status ReadHeaders(const Collection& collection, MDB_dbi dbi, uint64_t* greatest_tid);
  // Makes the tids go on behind this one. kCodec if it is none.
  Status RaiseTid(uint64_t greatest);
  // Makes a change of a conditional kind, if its condition holds.
  Status ApplyIf(const Change& change, uint64_t* answer);
  Status ApplyId(const Change& change, uint64_t* answer);
  Status CheckCondition(const Change& change, bool* holds);
  // Notes a change that was made, for the record of the commit.
  void Note(const Change& change, uint64_t answer);
  // Adds the record of the commit to the log of changes, if a versioned collection was changed.
  Status Record();
  Status TellBeforeChange(const Change& change) {
    return observing_ || database()->observers().empty() ? Status() : TellOf(change);
  }
  Status TellOf(const Change& change);
  Status TellBeforeCommit();
  template <typename Tell>
  Status TellObservers(Tell tell);

  // What every change does first: checks that the transaction can be used, and finds the handle of the collection.
  // kNoCollection if the collection has gone; kInvalidArgument if the key is the record of a named collection.
  Status Prepare(Collection* collection, Slice key, MDB_dbi* dbi);
  Status CheckNoCollectionRecord(MDB_dbi main, Slice key) const;
  Status CheckNoCollectionRecords(const RangeParts& range);
  Status CheckPairSize(Slice value) const;

  // What Apply calls for each kind of change. `*answer` is that of Apply, and 0 when they are called. `flags` is 0,
  // MDB_NOOVERWRITE or MDB_APPEND.
  Status Put(const Change& change, unsigned flags, uint64_t* answer);
  // Does so, after what every change does first, where keys can have several values, or where keys or values are not
  // stored as they are given. `time`: after which the value is absent, if values expire.
  Status PutNotPlain(const Change& change, MDB_dbi dbi, uint64_t time, unsigned flags, uint64_t* answer);
  // Puts a value with what stands before it. If keys can have any length, `any` is the key as it is stored; else null.
  Status PutWithHeader(const Change& change, MDB_dbi dbi, const StoredKey* any, uint64_t time, unsigned flags,
                       uint64_t* answer);
  // Puts these bytes or, if `flags` has MDB_RESERVE too, makes room for them, where `*value` then is.
  Status PutStored(const Change& change, MDB_dbi dbi, MDB_val* key, MDB_val* value, unsigned flags, uint64_t* answer);
  Status PutPair(const Change& change, MDB_dbi dbi, uint64_t* answer);
  Status AppendPair(const Change& change, MDB_dbi dbi, uint64_t* answer);
  Status Add(const Change& change, uint64_t* answer);
  Status Delete(const Change& change, uint64_t* answer);
  // Deletes a key, which is given as it is stored.
  Status DeleteStored(const Change& change, MDB_dbi dbi, Slice key, uint64_t* answer);
  Status DeletePair(const Change& change, uint64_t* answer);
  Status Clear(Collection* collection, const RangeParts& range, uint64_t* answer);
  Status Drop(Collection* collection);

  // The same changes where values expire (expiring_changes.cc): a value whose time has come is absent, and the index by
  // time changes with the records.
  Status ApplyExpiring(const Change& change, uint64_t* answer);
  Status PutExpiring(const Change& change, uint64_t* answer);
  Status DeleteExpiring(const Change& change, uint64_t* answer);
  Status ClearExpiring(Collection* collection, const RangeParts& range, uint64_t* count);
  Status DropExpiring(Collection* collection);
  Status CheckIsLast(Collection* collection, Slice key);
  // Does what every change does first, and gives the time of the record of a key, whether or not it has expired. The
  // put cursor then stands where the key belongs.
  Status FindTime(Collection* collection, Slice key, MDB_dbi* dbi, uint64_t* time, bool* found);
  // Deletes a record, and its entry in the index.
  Status DeleteRecord(Collection* collection, Slice key, uint64_t time);
  // Deletes records whose time has come, for up to `limit` entries of the index. For `answer`, see Apply.
  Status Sweep(Collection* collection, uint64_t limit, uint64_t* answer);
  // Does so for the records of one entry, which has the first bytes of their keys.
  Status SweepEntry(Collection* collection, const std::string& first_bytes, uint64_t now, uint64_t* deleted);
  Status SweepRecord(Collection* collection, Slice key, uint64_t time, uint64_t now, uint64_t* deleted);

  // Opens the cursor of puts on a collection. It stays open for the next one.
  int OpenPutCursor(MDB_dbi dbi);
  // Puts by a cursor that stays open for the next put. `flags` is 0 or MDB_RESERVE.
  int PutByCursor(MDB_dbi dbi, MDB_val* key, MDB_val* value, unsigned flags);
  // To be called before anything that an open cursor of LMDB does not survive, or that it slows down.
  void ClosePutCursor();

  // The status of a change that LMDB answered with `rc`. Dooms the transaction unless nothing was changed.
  Status Doom(int rc, const char* tried, const Collection& collection);
  // The same for a change that consists of several; `status` is OK if all were made.
  Status Doom(Status status, const Collection& collection);
  // Gives the write lock back, or the thread to the parent. `committed`: the version, 0 if it was rolled back.
  void Finish(uint64_t committed);

  WriteTransaction* const parent_;
  WriteTransaction* const outermost_;
  bool told_by_owner_ = false;
  uint64_t tid_ = 0;  // of an outermost transaction, 0 until Tid is first asked for
  MDB_txn* txn_ = nullptr;
  bool has_child_ = false;
  bool finished_ = false;
  Status doomed_;           // why it can only be rolled back
  bool observing_ = false;  // an observer is being told; nobody is told what it changes
  MDB_cursor* put_cursor_ = nullptr;
  ExpiryIndex expiry_index_{this};
  SeenCollections seen_here_;
  CommitNotes notes_;                      // what it has changed in versioned collections
  std::vector<CollectionChange> changes_;  // the collections that it has made and dropped
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_WRITE_TRANSACTION_H_
