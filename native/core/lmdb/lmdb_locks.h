// How a write transaction waits for LMDB's write lock, which all processes share.
#ifndef LEASEHOLD_CORE_LMDB_LOCKS_H_
#define LEASEHOLD_CORE_LMDB_LOCKS_H_

#include <lmdb.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEASEHOLD_FOREVER INT64_MAX

typedef struct leasehold_wait {
  // By leasehold_now, or LEASEHOLD_FOREVER. A time that has passed takes the lock only if it is free.
  int64_t deadline;
  // Called as soon as the lock is had, before anything is read of the map. What follows may still fail.
  void (*locked)(void *data);
  void *data;
} leasehold_wait;

// Nanoseconds of a clock that nobody sets.
int64_t leasehold_now(void);

// mdb_txn_begin for a write transaction without a parent. ETIMEDOUT if the lock was not free by the deadline. The lock
// of an owner that has died is taken over, as ever.
int leasehold_begin_write(MDB_env *env, leasehold_wait *wait, MDB_txn **txn);

// The system's number of the thread that has the write lock, 0 if none has it or if the system does not tell.
int leasehold_lock_owner(MDB_env *env);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_LOCKS_H_
