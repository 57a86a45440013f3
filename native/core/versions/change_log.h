// The log of changes: a hidden collection with a record for each commit that changed a versioned collection.
// docs/format.md draws it.
#ifndef LEASEHOLD_CORE_CHANGE_LOG_H_
#define LEASEHOLD_CORE_CHANGE_LOG_H_

#include <lmdb.h>

#include "core/status.h"

namespace leasehold {

// Makes LMDB know the handle of the log. To be called once, for an environment that was just opened.
Status OpenChangesHandle(MDB_env* env);

// Gives the tid of the newest commit that a transaction sees, 0 if there is none. kCodec if the log is damaged.
Status LastTid(MDB_txn* txn, uint64_t* tid);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_CHANGE_LOG_H_
