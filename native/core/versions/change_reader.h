// Reads the log of changes, commit by commit.
#ifndef LEASEHOLD_CORE_CHANGE_READER_H_
#define LEASEHOLD_CORE_CHANGE_READER_H_

#include <lmdb.h>

#include "core/status.h"

namespace leasehold {

// The oldest and the newest commit that the log still has; zeros if it has none.
struct ChangeBounds {
  uint64_t oldest = 0;
  uint64_t newest = 0;
};

// kCodec if a key of the log is damaged.
Status ReadChangeBounds(MDB_txn* txn, ChangeBounds* bounds);

// Gives the record of the first commit after `after` that the log still has, and the tid of that commit; 0 if there is
// none. The record is valid until the transaction ends. kCodec if a key of the log is damaged.
Status ReadChangeAfter(MDB_txn* txn, uint64_t after, uint64_t* tid, Slice* record);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_CHANGE_READER_H_
