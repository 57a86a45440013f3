// LMDB as it is compiled into the addon, with system calls that fail on demand. Arguments: what fails, and an empty
// directory. Exits with 0 if LMDB handles the failure correctly.
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <midl.h>
// Makes a transaction spill pages when it has about a thousand, and not only when it has 131,071.
#undef MDB_IDL_LOGN
#define MDB_IDL_LOGN 10

#define CHECK(condition)                                            \
  do {                                                              \
    if (!(condition)) {                                             \
      fprintf(stderr, "line %d: not %s\n", __LINE__, #condition);   \
      exit(1);                                                      \
    }                                                               \
  } while (0)

// The failures that a test can set.
static int interrupts;              // every second call is interrupted by a signal
static size_t longest_write;        // most bytes that one call writes; 0: no limit
static size_t room = (size_t)-1;    // bytes that can be written before the disk is full
static int has_open_file_locks = 1;
static int has_fallocate = 1;
static int full_sync_error;         // the errno of F_FULLFSYNC; 0: no error

// What a test observes.
static int full_syncs;
static MDB_IDL spill_list;          // the list of spilled pages of the write transaction
static int spill_list_freed;

static int interrupted(void) {
  static int calls;
  if (!interrupts || ++calls % 2 == 0) return 0;
  errno = EINTR;
  return 1;
}

// How many of these bytes can be written. If none can, returns 0 and sets errno.
static size_t writable(size_t size) {
  if (longest_write > 0 && size > longest_write) size = longest_write;
  if (size > room) size = room;
  if (size == 0) errno = ENOSPC;
  else if (room != (size_t)-1) room -= size;
  return size;
}

static int faulty_open(const char *path, int flags, unsigned mode) {
  return interrupted() ? -1 : open(path, flags, mode);
}

static ssize_t faulty_pread(int fd, void *data, size_t size, off_t at) {
  return interrupted() ? -1 : pread(fd, data, size, at);
}

static ssize_t faulty_pwrite(int fd, const void *data, size_t size, off_t at) {
  if (interrupted() || (size = writable(size)) == 0) return -1;
  return pwrite(fd, data, size, at);
}

static ssize_t faulty_writev(int fd, const struct iovec *pieces, int count) {
  size_t size = 0;
  for (int i = 0; i < count; i++) size += pieces[i].iov_len;
  if (interrupted() || (size = writable(size)) == 0) return -1;
  char *all = malloc(size);
  size_t at = 0;
  for (int i = 0; i < count && at < size; i++) {
    size_t part = pieces[i].iov_len < size - at ? pieces[i].iov_len : size - at;
    memcpy(all + at, pieces[i].iov_base, part);
    at += part;
  }
  ssize_t written = write(fd, all, size);
  free(all);
  return written;
}

static int faulty_fdatasync(int fd) { return interrupted() ? -1 : fdatasync(fd); }

static int faulty_fallocate(int fd, int mode, off_t at, off_t size) {
  if (interrupted()) return -1;
  if (!has_fallocate) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return fallocate(fd, mode, at, size);
}

#ifndef F_FULLFSYNC
#define F_FULLFSYNC 5151
#endif

static int faulty_fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  if (interrupted()) return -1;
  if (command == F_FULLFSYNC) {
    full_syncs++;
    errno = full_sync_error;
    return full_sync_error == 0 ? 0 : -1;
  }
  if (!has_open_file_locks && (command == F_OFD_SETLK || command == F_OFD_SETLKW || command == F_OFD_GETLK)) {
    errno = EINVAL;
    return -1;
  }
  return fcntl(fd, command, argument);
}

static int watching_unlock(pthread_mutex_t *mutex);
static void watching_free(MDB_IDL list);

#define open(path, flags, mode) faulty_open(path, flags, mode)
#define pread faulty_pread
#define pwrite faulty_pwrite
#define writev faulty_writev
#define fdatasync faulty_fdatasync
#define fallocate faulty_fallocate
#define fcntl faulty_fcntl
#define pthread_mutex_unlock watching_unlock
#define mdb_midl_free watching_free
#include <mdb.c>
#undef open
#undef fcntl
#undef mdb_midl_free
#undef pthread_mutex_unlock

static void watching_free(MDB_IDL list) {
  if (list != NULL && list == spill_list) spill_list_freed = 1;
  mdb_midl_free(list);
}

static MDB_env *env;

// The write mutex must not be unlocked while the transaction still has its list of spilled pages.
static int watching_unlock(pthread_mutex_t *mutex) {
  if (spill_list != NULL && env->me_txns != NULL && mutex == env->me_wmutex) CHECK(spill_list_freed);
  return pthread_mutex_unlock(mutex);
}

static int open_at(const char *path) {
  CHECK(mdb_env_create(&env) == 0);
  CHECK(mdb_env_set_mapsize(env, (size_t)1 << 30) == 0);
  CHECK(mdb_env_set_maxreaders(env, 1000) == 0);
  return mdb_env_open(env, path, MDB_NOTLS, 0600);
}

static void close_env(void) {
  mdb_env_close(env);
  env = NULL;
}

// Puts values of some pages each, whose bytes depend on the key and `round`. Returns the result of the commit.
static int put_many(unsigned first, unsigned count, unsigned round, size_t size) {
  MDB_txn *txn;
  MDB_dbi dbi;
  CHECK(mdb_txn_begin(env, NULL, 0, &txn) == 0);
  CHECK(mdb_dbi_open(txn, NULL, 0, &dbi) == 0);
  char *bytes = malloc(size);
  for (unsigned key = first; key < first + count; key++) {
    memset(bytes, (int)(key + round), size);
    MDB_val k = {sizeof(key), &key}, v = {size, bytes};
    int rc = mdb_put(txn, dbi, &k, &v, 0);
    if (rc != 0) {
      free(bytes);
      mdb_txn_abort(txn);
      return rc;
    }
  }
  free(bytes);
  return mdb_txn_commit(txn);
}

static void check_many(unsigned first, unsigned count, unsigned round, size_t size) {
  MDB_txn *txn;
  MDB_dbi dbi;
  CHECK(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0);
  CHECK(mdb_dbi_open(txn, NULL, 0, &dbi) == 0);
  for (unsigned key = first; key < first + count; key++) {
    MDB_val k = {sizeof(key), &key}, v;
    CHECK(mdb_get(txn, dbi, &k, &v) == 0);
    CHECK(v.mv_size == size);
    for (size_t i = 0; i < size; i++) CHECK(((unsigned char *)v.mv_data)[i] == (unsigned char)(key + round));
  }
  mdb_txn_abort(txn);
}

static void use(const char *path) {
  CHECK(open_at(path) == 0);
  CHECK(put_many(0, 300, 1, 9000) == 0);
  CHECK(put_many(100, 300, 2, 500) == 0);
  check_many(0, 100, 1, 9000);
  check_many(100, 300, 2, 500);
  close_env();
  CHECK(open_at(path) == 0);
  check_many(0, 100, 1, 9000);
  check_many(100, 300, 2, 500);
  close_env();
}

static void full_disk(const char *path) {
  CHECK(open_at(path) == 0);
  CHECK(put_many(0, 10, 1, 9000) == 0);
  for (size_t pages = 0; pages < 30; pages++) {
    room = pages * 4096 + 77;
    int rc = put_many(0, 10, 2, 9000);
    CHECK(rc == ENOSPC);
    room = (size_t)-1;
    check_many(0, 10, 1, 9000);
  }
  CHECK(put_many(0, 10, 3, 9000) == 0);
  check_many(0, 10, 3, 9000);
  close_env();
}

static void full_at_creation(const char *path) {
  for (size_t bytes = 0; bytes < 8192; bytes += 1024) {
    room = bytes;
    CHECK(open_at(path) == ENOSPC);
    close_env();
    room = (size_t)-1;
    CHECK(open_at(path) == 0);
    close_env();
    char file[4096];
    snprintf(file, sizeof(file), "%s/data.mdb", path);
    CHECK(unlink(file) == 0);
  }
}

static off_t lock_file_space(const char *path) {
  char file[4096];
  struct stat info;
  snprintf(file, sizeof(file), "%s/lock.mdb", path);
  CHECK(stat(file, &info) == 0);
  CHECK(info.st_size > 60000);
  return info.st_blocks * 512 - info.st_size;
}

static void no_fallocate(const char *path) {
  has_fallocate = 0;
  use(path);
  CHECK(lock_file_space(path) >= 0);
  // A lock file that another program has made without allocating its space gets its space too.
  char file[4096];
  snprintf(file, sizeof(file), "%s/lock.mdb", path);
  CHECK(truncate(file, 0) == 0 && truncate(file, 70000) == 0);
  CHECK(lock_file_space(path) < 0);
  use(path);
  CHECK(lock_file_space(path) >= 0);
}

static void full_sync(const char *path) {
  use(path);
  // Each of the two commits syncs the data, and then the meta page.
  CHECK(full_syncs == 4);
  full_sync_error = ENOTSUP;
  use(path);
  CHECK(open_at(path) == 0);
  full_sync_error = EIO;
  CHECK(put_many(0, 10, 5, 100) == EIO);
  full_sync_error = 0;
  close_env();
  CHECK(open_at(path) == 0);
  check_many(0, 100, 1, 9000);
  close_env();
}

static void spilled(const char *path) {
  CHECK(open_at(path) == 0);
  MDB_txn *txn;
  MDB_dbi dbi;
  CHECK(mdb_txn_begin(env, NULL, 0, &txn) == 0);
  CHECK(mdb_dbi_open(txn, NULL, 0, &dbi) == 0);
  char bytes[3000] = "";
  for (unsigned key = 0; key < 5000; key++) {
    MDB_val k = {sizeof(key), &key}, v = {sizeof(bytes), bytes};
    CHECK(mdb_put(txn, dbi, &k, &v, 0) == 0);
  }
  spill_list = txn->mt_spill_pgs;
  CHECK(spill_list != NULL);
  CHECK(mdb_txn_commit(txn) == 0);
  CHECK(spill_list_freed);
  spill_list = NULL;
  close_env();
}

int main(int count, char **arguments) {
  CHECK(count == 3);
  const char *what = arguments[1], *path = arguments[2];
  if (strcmp(what, "signals") == 0) {
    interrupts = 1;
    use(path);
  } else if (strcmp(what, "short-writes") == 0) {
    longest_write = 1000;
    CHECK(open_at(path) != 0);  // a new file is written at once, or not at all
    close_env();
    longest_write = 10001;
    use(path);
  } else if (strcmp(what, "full-disk") == 0) {
    full_disk(path);
  } else if (strcmp(what, "full-at-creation") == 0) {
    full_at_creation(path);
  } else if (strcmp(what, "no-fallocate") == 0) {
    no_fallocate(path);
  } else if (strcmp(what, "no-open-file-locks") == 0) {
    has_open_file_locks = 0;
    use(path);
  } else if (strcmp(what, "full-sync") == 0) {
    full_sync(path);
  } else if (strcmp(what, "spilled") == 0) {
    spilled(path);
  } else {
    CHECK(!"known");
  }
  return 0;
}
