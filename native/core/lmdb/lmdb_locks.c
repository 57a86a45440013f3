// A part of lmdb_access.c, which includes it before mdb.c: how long a thread waits for LMDB's write lock. LMDB's own
// call that takes a lock is replaced.
#include "core/lmdb/lmdb_locks.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000LL
// The longest that is slept at once: the clock that a mutex is waited for by may be set meanwhile.
#define MOST_WAIT NANOSECONDS

// How this thread waits for the next lock that it takes; null for LMDB's own way, which waits for ever. It is for one
// lock: if the last owner of the write lock is dead, LMDB takes the lock of the readers as well, and must get it.
static _Thread_local leasehold_wait *next_wait;

int64_t leasehold_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

// Passes on what taking the lock said, and tells that the lock is had, if it is.
static int had(leasehold_wait *wait, int rc) {
  if (rc == 0 || rc == EOWNERDEAD) wait->locked(wait->data);
  return rc;
}

#ifndef __APPLE__
static int lock_until(pthread_mutex_t *mutex, int64_t deadline) {
  for (;;) {
    int64_t left = deadline - leasehold_now();
    if (left <= 0) return pthread_mutex_trylock(mutex);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t nanoseconds = until.tv_nsec + (left < MOST_WAIT ? left : MOST_WAIT);
    until.tv_sec += nanoseconds / NANOSECONDS;
    until.tv_nsec = nanoseconds % NANOSECONDS;
    int rc = pthread_mutex_timedlock(mutex, &until);
    if (rc != ETIMEDOUT) return rc;
  }
}

// pthread_mutex_lock, as LMDB calls it.
static int leasehold_mutex_lock(pthread_mutex_t *mutex) {
  leasehold_wait *wait = next_wait;
  if (wait == NULL) return pthread_mutex_lock(mutex);
  next_wait = NULL;
  if (wait->deadline == LEASEHOLD_FOREVER) return had(wait, pthread_mutex_lock(mutex));
  int rc = lock_until(mutex, wait->deadline);
  return had(wait, rc == EBUSY ? ETIMEDOUT : rc);
}
#define pthread_mutex_lock(mutex) leasehold_mutex_lock(mutex)
#else
// sem_wait, as LMDB calls it. There is no sem_timedwait, so it is tried again and again, at most every 10 ms.
static int leasehold_sem_wait(sem_t *sem) {
  leasehold_wait *wait = next_wait;
  if (wait == NULL) return sem_wait(sem);
  next_wait = NULL;
  int rc;
  if (wait->deadline == LEASEHOLD_FOREVER) {
    while ((rc = sem_wait(sem)) != 0 && errno == EINTR) continue;
  } else {
    for (useconds_t pause = 50; (rc = sem_trywait(sem)) != 0; pause = pause < 5000 ? pause * 2 : 10000) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) break;
      if (leasehold_now() >= wait->deadline) {
        errno = ETIMEDOUT;
        break;
      }
      usleep(pause);
    }
  }
  if (rc == 0) wait->locked(wait->data);
  return rc;
}
#define sem_wait(sem) leasehold_sem_wait(sem)
#endif

int leasehold_begin_write(MDB_env *env, leasehold_wait *wait, MDB_txn **txn) {
  next_wait = wait;
  int rc = mdb_txn_begin(env, NULL, 0, txn);
  next_wait = NULL;
  return rc;
}
