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
  // A time by leasehold_now, or LEASEHOLD_FOREVER. If the time has passed, the lock is taken only if it is free.
  int64_t deadline;
  // Called as soon as the lock is had, before anything of the map is read. What follows may still fail.
  void (*locked)(void *data);
  void *data;
} leasehold_wait;

// Nanoseconds of a clock that nobody sets.
int64_t leasehold_now(void);

// mdb_txn_begin for a write transaction without a parent. ETIMEDOUT if the lock was not free by the deadline. As in
// mdb_txn_begin, the lock of an owner that has died is taken over.
int leasehold_begin_write(MDB_env *env, leasehold_wait *wait, MDB_txn **txn);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_LOCKS_H_
