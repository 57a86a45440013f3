// The table of readers in lock.mdb, and what to do about readers of older versions.
//
// No page that a reader may need is used again, so the file grows beside a reader of an old version. A process that
// died while it was reading holds its pages until somebody frees its slot. That is done when a database is opened, when
// a reader lags behind (FreeDeadReaders), when no slot is free, and in LMDB before it says MDB_MAP_FULL
// (native/lmdb/21-dead-readers.patch).
#ifndef LEASEHOLD_CORE_READER_SLOTS_H_
#define LEASEHOLD_CORE_READER_SLOTS_H_

#include <lmdb.h>

#include <vector>

#include "core/lmdb/lmdb_readers.h"
#include "core/status.h"

namespace leasehold {

// The slots that are taken.
std::vector<leasehold_reader> ListReaders(MDB_env* env);

// Begins LMDB's transaction in a slot that nobody uses. If none is free, those of dead processes are freed first. An
// LMDB code.
int TakeReaderSlot(MDB_env* env, MDB_txn** txn);

// For a write transaction that has just begun: frees the slots of dead processes if a reader lags far behind.
void FreeDeadReaders(MDB_txn* txn);

// What LMDB's code for a failed write means. For MDB_MAP_FULL it names the readers that keep pages from being used
// again. OK for 0.
Status WriteFailure(MDB_env* env, int rc);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_READER_SLOTS_H_
