// A part of lmdb_access.c: whether data.mdb and lock.mdb belong together, and what lock.mdb says.
#include "core/lmdb/lmdb_files.h"

#include <fcntl.h>
#include <sys/stat.h>

int leasehold_lock_file(MDB_env *env) { return env->me_txns != NULL ? env->me_lfd : -1; }

size_t leasehold_last_transaction(MDB_env *env) {
  return env->me_txns != NULL ? env->me_txns->mti_txnid : mdb_env_pick_meta(env)->mm_txnid;
}

int leasehold_lock_owner(MDB_env *env) {
#if defined(__GLIBC__) && defined(MDB_USE_POSIX_MUTEX)
  return env->me_txns == NULL ? 0 : env->me_wmutex->__data.__owner;
#else
  return 0;
#endif
}

// LMDB fills the bytes behind its write lock up to a cache line, and uses none of them.
#define SHARED_NUMBER (offsetof(MDB_txninfo, mt2) + sizeof(((MDB_txninfo *)0)->mt2) - sizeof(uint32_t))
#ifdef mti_wmname
#define AFTER_WRITE_LOCK (offsetof(MDB_txninfo, mti_wmname) + sizeof(((MDB_txninfo *)0)->mti_wmname))
#else
#define AFTER_WRITE_LOCK (offsetof(MDB_txninfo, mti_wmutex) + sizeof(((MDB_txninfo *)0)->mti_wmutex))
#endif
_Static_assert(AFTER_WRITE_LOCK <= SHARED_NUMBER, "the write lock leaves no room behind it");

uint32_t *leasehold_shared_number(MDB_env *env) {
  return env->me_txns != NULL ? (uint32_t *)((char *)env->me_txns + SHARED_NUMBER) : NULL;
}

// Whether the numbers in the meta pages agree with the one in the lock file. A writer writes a meta page, then the
// number in the lock file. In between, or if the writer died there, the newest meta page is one ahead. Whoever reads
// the pages first and the number afterwards never sees it further ahead.
static int agrees(MDB_txn *txn) {
  MDB_env *env = txn->mt_env;
  const int reads = F_ISSET(txn->mt_flags, MDB_TXN_RDONLY);
  const txnid_t begun = reads ? txn->mt_txnid : txn->mt_txnid - 1;
  const txnid_t used = __atomic_load_n(&env->me_metas[begun & 1]->mm_txnid, __ATOMIC_ACQUIRE);
  const txnid_t other = __atomic_load_n(&env->me_metas[~begun & 1]->mm_txnid, __ATOMIC_ACQUIRE);
  if (!reads) return used == begun && other <= begun;
  const txnid_t most = __atomic_load_n(&env->me_txns->mti_txnid, __ATOMIC_ACQUIRE) + 1;
  return used >= begun && used <= most && other <= most;
}

// How often a disagreement is looked at again: the meta page may be written while it is being read.
#define LOOKS 100

int leasehold_check_numbers(MDB_txn *txn) {
  if (txn->mt_env->me_txns == NULL || agrees(txn)) return MDB_SUCCESS;
  for (int i = 0; i < LOOKS; i++) {
    sched_yield();
    if (agrees(txn)) return MDB_SUCCESS;
  }
  return MDB_CORRUPTED;
}

#ifdef F_OFD_SETLK

// The bytes by which files name each other. LMDB locks no byte of data.mdb, and of lock.mdb only bytes before these.
#define FIRST_NAME ((off_t)1 << 61)
#define AFTER_NAMES ((off_t)1 << 62)

// The byte that stands for a file. Its device is left out: two mounts of one file system may give it two numbers.
static off_t name_of(const struct stat *file) {
  return FIRST_NAME + (off_t)((uint64_t)file->st_ino % (uint64_t)(AFTER_NAMES - FIRST_NAME));
}

// Whether another open file has a lock between two bytes.
static int is_locked(int fd, off_t begin, off_t end) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = begin, .l_len = end - begin};
  return end > begin && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

// Has the open file `fd` name another one, by a lock. Whether somebody else has the file name a third one.
static int names_another(int fd, const struct stat *other) {
  const off_t name = name_of(other);
  struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = name, .l_len = 1};
  // Where the system has no such locks, only the numbers in the files can tell.
  if (fcntl(fd, F_OFD_SETLK, &lock) != 0) return 0;
  return is_locked(fd, FIRST_NAME, name) || is_locked(fd, name + 1, AFTER_NAMES);
}

int leasehold_claim_files(MDB_env *env) {
  struct stat data, lock;
  if (env->me_txns == NULL || fstat(env->me_fd, &data) != 0 || fstat(env->me_lfd, &lock) != 0) return MDB_SUCCESS;
  if (names_another(env->me_lfd, &data)) return LEASEHOLD_OTHER_DATA;
  return names_another(env->me_fd, &lock) ? LEASEHOLD_OTHER_LOCK : MDB_SUCCESS;
}

// Closing the files would not do: a child process that is between fork() and exec() has the same open files, and would
// keep the locks.
void leasehold_release_files(MDB_env *env) {
  if (env->me_txns == NULL) return;
  struct flock lock = {
      .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = FIRST_NAME, .l_len = AFTER_NAMES - FIRST_NAME};
  fcntl(env->me_fd, F_OFD_SETLK, &lock);
  fcntl(env->me_lfd, F_OFD_SETLK, &lock);
}

#else

int leasehold_claim_files(MDB_env *env) { return MDB_SUCCESS; }
void leasehold_release_files(MDB_env *env) {}

#endif
