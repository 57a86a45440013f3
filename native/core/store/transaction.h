// What read and write transactions have in common: each reads collections at one version of the database.
#ifndef LEASEHOLD_CORE_TRANSACTION_H_
#define LEASEHOLD_CORE_TRANSACTION_H_

#include <lmdb.h>

#include "core/lmdb/slices.h"
#include "core/store/environment.h"

namespace leasehold {

class Overlay;

// Belongs to one thread. Every member but CheckUsable requires that the transaction has not ended; those that give a
// Status or read through LMDB require that CheckUsable is OK.
class Transaction {
 public:
  virtual ~Transaction() = default;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // The handle through which it was begun, and which outlives it. Null for a transaction of the database's own thread.
  Environment* environment() const { return environment_; }
  Database* database() const { return database_; }
  bool is_write() const { return is_write_; }
  virtual MDB_txn* txn() const = 0;
  // The version that it reads or, if it writes, that it will commit.
  virtual uint64_t id() const = 0;
  // Gives the tid of the newest commit that it sees and that changed a versioned collection; 0 if there is none. Its
  // own changes do not count.
  virtual Status SeenTid(uint64_t* tid) = 0;
  // OK if it can be used now. kTxnEnded once it has ended; else says what stands in the way.
  virtual Status CheckUsable() const = 0;

  // Gives LMDB's handle of a collection for use in this transaction. `*absent` is true, and there is no handle, if the
  // transaction does not see the collection. kNoCollection if the collection was dropped and made again.
  Status Resolve(Collection* collection, MDB_dbi* dbi, bool* absent) {
    *dbi = collection->dbi;
    if (seen_->Has(collection, *dbi)) {
      *absent = false;
      return Status();
    }
    return database_->collections().Use(txn(), collection, seen_, dbi, absent);
  }
  // Gives the collection that has the name at this version; null if there is none. MDB_DBS_FULL if LMDB has no handle
  // left for it.
  Status FindCollection(const char* name, Collection** collection);

  // Gives the value of a key, the first one where a key has several. MDB_NOTFOUND if the key is absent, or if its value
  // has expired. The value is valid until the transaction ends or, if it writes, until its next write. Its header
  // stands directly before it.
  Status Get(Collection* collection, Slice key, MDB_val* value) {
    if (overlay_ != nullptr) [[unlikely]]
      return GetOptimistic(collection, key, value);
    return GetStored(collection, key, value);
  }
  // The same for what is stored, without what an optimistic transaction has written.
  Status GetStored(Collection* collection, Slice key, MDB_val* value);
  // The number of the commit that wrote the value of a key; 0 if the key is absent. kInvalidArgument for a collection
  // without versions.
  Status Version(Collection* collection, Slice key, uint64_t* tid);
  // The time after which the value of a key is absent, kNever if it stays (core/expiry/expiry.h). kInvalidArgument
  // for a collection whose values do not expire.
  Status Expires(Collection* collection, Slice key, uint64_t* time, bool* found);
  // Whether a key has a value among its several. kInvalidArgument if keys have one value each in this collection.
  Status HasPair(Collection* collection, Slice key, Slice value, bool* found);
  // Counts pages and entries. Zeros, but for the size of a page, if the transaction does not see the collection.
  Status Stat(Collection* collection, MDB_stat* stat);

  // What an optimistic transaction has written and read; null for every other transaction.
  Overlay* overlay() const { return overlay_; }

  // kKeySize for a key that the collection cannot store.
  Status CheckKeySize(const Collection& collection, Slice key) const {
    return key.size > 0 && key.size <= most_key_bytes() ? Status() : CheckUnusualKeySize(collection, key.size);
  }

 protected:
  // `seen` belongs to the LMDB transaction that txn() gives, and outlives this.
  Transaction(Environment* environment, Database* database, bool is_write, SeenCollections* seen)
      : environment_(environment), database_(database), is_write_(is_write), seen_(seen) {}

  void set_overlay(Overlay* overlay) { overlay_ = overlay; }
  static Status CheckHasDuplicates(const Collection& collection);

 private:
  // The largest key that LMDB takes.
  size_t most_key_bytes() const { return static_cast<size_t>(mdb_env_get_maxkeysize(database_->env())); }
  Status CheckUnusualKeySize(const Collection& collection, size_t size) const;
  Status GetOptimistic(Collection* collection, Slice key, MDB_val* value);

  Overlay* overlay_ = nullptr;
  Environment* const environment_;
  Database* const database_;
  const bool is_write_;
  SeenCollections* const seen_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_TRANSACTION_H_
