// LMDB's read transaction below one or more ReadTransactions: a reader slot and a version of the database.
#ifndef LEASEHOLD_CORE_SNAPSHOT_H_
#define LEASEHOLD_CORE_SNAPSHOT_H_

#include <lmdb.h>
#include <stddef.h>
#include <stdint.h>

#include "core/database/collection.h"

namespace leasehold {

// Made, counted and freed by an Environment. While a snapshot has users, its version can be read and the map stays
// where it is.
struct Snapshot {
  MDB_txn* txn = nullptr;
  uint64_t id = 0;  // the version, which is the id of the transaction that committed it
  unsigned map_generation = 0;
  size_t used_bytes = 0;       // how many bytes of the map the version can have
  uint32_t users = 0;          // transactions that stand on it, those that only drain included
  uint32_t open_users = 0;     // those of them that have not ended
  uint64_t tid = kUnknownTid;  // of the newest commit that it sees, once somebody has asked
  SeenCollections seen;

  static constexpr uint64_t kUnknownTid = UINT64_MAX;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SNAPSHOT_H_
