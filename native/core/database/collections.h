// The collections of a Database, and the handles by which LMDB knows them.
//
// A handle of LMDB's stands for a name. mdb_dbi_open opens one inside a transaction, for those that begin later, and
// two transactions must not do so at once. Here a handle is only taken (leasehold_open_handle), with no transaction at
// all, and each transaction looks up by itself what the handle stands for there, when it first uses it
// (leasehold_use_handle). So any transaction can use any handle, however old it is; a collection can be made, dropped
// and made again in one transaction; and a rollback has nothing to undo but the life of the Collection.
#ifndef LEASEHOLD_CORE_COLLECTIONS_H_
#define LEASEHOLD_CORE_COLLECTIONS_H_

#include <lmdb.h>

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/database/collection.h"
#include "core/status.h"

namespace leasehold {

// What a write transaction has done to a collection: the `until` to put back if the transaction is rolled back.
struct CollectionChange {
  Collection* collection;
  uint64_t until;
};

// Owns every Collection of a database: a Collection* is valid until this is destroyed. Members are safe to call from
// any thread; a transaction is that of the calling thread.
class Collections {
 public:
  // `env` outlives this.
  explicit Collections(MDB_env* env) : env_(env) {}
  Collections(const Collections&) = delete;
  Collections& operator=(const Collections&) = delete;

  // To be called before any other member, in a read transaction of the environment that was just opened.
  Status OpenMain(MDB_txn* txn);

  // The unnamed database.
  Collection* main() const { return main_; }
  // Gives the collection of that name that a transaction sees; null if it sees none.
  Status Find(MDB_txn* txn, const char* name, Collection** collection);
  // Gives the handle of a collection for a transaction, and adds the collection to `seen`: it need not be asked for
  // again then. `*absent` is true, and there is no handle, if the transaction does not see the collection.
  // kNoCollection if it sees another one of that name, made later. MDB_DBS_FULL if LMDB has no handle left.
  Status Use(MDB_txn* txn, Collection* collection, SeenCollections* seen, MDB_dbi* dbi, bool* absent);
  // The names of all collections.
  static Status List(MDB_txn* txn, std::vector<std::string>* names);

  // For the write transaction of a version: the collections that it makes, and those that it drops. What these append
  // to `changes` is handed to UndoLives before the write lock is given back, if the transaction is rolled back.
  Collection* BeginLife(const char* name, unsigned flags, uint64_t version, std::vector<CollectionChange>* changes);
  static void EndLife(Collection* collection, uint64_t version, std::vector<CollectionChange>* changes);
  static void UndoLives(const std::vector<CollectionChange>& changes);

 private:
  Status OpenHandle(Collection* collection);
  // The caller of these holds mutex_.
  MDB_dbi GiveUpHandle();
  Collection* LivingAt(const std::string& name, unsigned flags, uint64_t version) const;
  Collection* AddLife(const std::string& name, unsigned flags, uint64_t since);

  MDB_env* const env_;
  Collection* main_ = nullptr;
  std::mutex mutex_;              // guards what follows
  std::deque<Collection> lives_;  // never shrinks
  std::map<std::string, std::vector<Collection*>> by_name_;
  MDB_dbi next_handle_ = kFirstHandle;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_COLLECTIONS_H_
