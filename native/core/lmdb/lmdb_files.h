// Whether data.mdb and lock.mdb belong together, and what lock.mdb says.
#ifndef LEASEHOLD_CORE_LMDB_FILES_H_
#define LEASEHOLD_CORE_LMDB_FILES_H_

#include <lmdb.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The descriptor of lock.mdb, -1 where the environment has none.
int leasehold_lock_file(MDB_env *env);

// The last transaction that was committed, as the lock file tells; as the data file does where there is no lock file.
size_t leasehold_last_transaction(MDB_env *env);

// The system's number of the thread that has the write lock, 0 if none has it or if the system does not tell.
int leasehold_lock_owner(MDB_env *env);

// Gives a number in lock.mdb that all processes of leasehold share, and that LMDB neither reads nor writes. It may have
// any value at first. Null if the environment has no lock file. Valid until the environment is closed.
uint32_t *leasehold_shared_number(MDB_env *env);

// For a transaction that has just begun: MDB_CORRUPTED if the numbers in the lock file are of another data file. Always
// 0 without a lock file.
int leasehold_check_numbers(MDB_txn *txn);

// Marks both files as used with each other until they are closed. LEASEHOLD_OTHER_DATA if somebody has the lock file
// open with another data file, LEASEHOLD_OTHER_LOCK if the data file with another lock file.
int leasehold_claim_files(MDB_env *env);

// Takes the marks away: before the environment is closed.
void leasehold_release_files(MDB_env *env);

#define LEASEHOLD_OTHER_DATA 1
#define LEASEHOLD_OTHER_LOCK 2

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_FILES_H_
