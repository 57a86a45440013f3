// The index by time of a collection whose values expire: a hidden collection, which tells which values are due.
#ifndef LEASEHOLD_CORE_EXPIRY_INDEX_H_
#define LEASEHOLD_CORE_EXPIRY_INDEX_H_

#include <lmdb.h>

#include <string>

#include "core/database/collection.h"
#include "core/expiry/expiry.h"
#include "core/status.h"

namespace leasehold {

class Transaction;
class WriteTransaction;

// The name of a collection's index is this, and then the name of the collection.
constexpr char kExpiryPrefix[] = "__leasehold_expiry:";
std::string ExpiryIndexName(const Collection& collection);

// The key of an entry has a time (8 bytes, big-endian) and then the first bytes of a record's key: LMDB takes no longer
// keys. An entry has no value.
constexpr size_t kIndexedKeyBytes = 511 - sizeof(uint64_t);

// Gives the time of the first entry of a collection's index; kNever if there is none.
Status FirstDue(Transaction* transaction, const Collection& collection, uint64_t* time);

// Changes the indexes of the collections in one write transaction. Has a cursor on the one that it used last.
//
// Each record that expires has an entry with its time or an earlier one. So a put that gives a later time to a record,
// as the next use of a session does, need not change the index: it is changed once the earlier time has come, by the
// sweep. For the same reason there may be entries of records that are absent, or that do not expire any more.
class ExpiryIndex {
 public:
  explicit ExpiryIndex(WriteTransaction* transaction) : transaction_(transaction) {}
  ExpiryIndex(const ExpiryIndex&) = delete;
  ExpiryIndex& operator=(const ExpiryIndex&) = delete;
  ~ExpiryIndex() { Close(); }

  // To be called after the time of a record has changed. The old time is kNever for a record that was absent; the new
  // one for a record that was deleted.
  Status Update(const Collection& collection, Slice key, uint64_t old_time, uint64_t time);
  // Takes the first entry away if its time is not later than `until`. `*found` says whether it did so, and `*key` has
  // the first bytes of the record's key.
  Status Take(const Collection& collection, uint64_t until, std::string* key, bool* found);
  // Whether there is such an entry.
  Status IsDue(const Collection& collection, uint64_t until, bool* due);
  // Makes the index, if it is absent, and takes all entries away.
  Status Clear(const Collection& collection);
  // To be called before anything that an open cursor of LMDB does not survive.
  void Close();

 private:
  Status Open(const Collection& collection);
  // The first entry; `*found` is false if there is none.
  Status First(const Collection& collection, MDB_val* key, bool* found);

  WriteTransaction* const transaction_;
  MDB_cursor* cursor_ = nullptr;
  const Collection* of_ = nullptr;  // whose index `cursor_` is on
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_EXPIRY_INDEX_H_
