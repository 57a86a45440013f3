// The table of readers in lock.mdb: who reads which version.
#ifndef LEASEHOLD_CORE_LMDB_READERS_H_
#define LEASEHOLD_CORE_LMDB_READERS_H_

#include <lmdb.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A slot of the table.
typedef struct leasehold_reader {
  int pid;
  uintptr_t thread;
  size_t txn_id;  // the version, or LEASEHOLD_NO_TXN where no transaction reads
} leasehold_reader;

#define LEASEHOLD_NO_TXN ((size_t)-1)

// Gives the slots that are taken, at most `max`; returns how many. 0 too if there is no table, since the file system is
// read-only.
unsigned leasehold_list_readers(MDB_env *env, leasehold_reader *readers, unsigned max);

// The oldest version that a transaction of this process reads or could begin to read; 0 if there is no table.
uint64_t leasehold_oldest_read(MDB_env *env);

// The oldest version that any reader stands on; the last one committed if no reader stands on an older one. For a write
// transaction.
size_t leasehold_oldest_version(MDB_txn *txn);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_READERS_H_
