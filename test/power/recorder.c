// Loaded into a process before the C library (LD_PRELOAD). Records what the process writes to a database, and when it
// syncs that to the disk. Can replace the machine's boot id, and make syncs fail or do nothing.
//
//   RECORD_FOLDER  the folder of the database, as the program names it
//   RECORD_LOG     the file that the record is appended to; without it nothing is recorded
//   BOOT_ID_FILE   the file that is read in place of the machine's boot id
//   NO_SYNC        if set, a sync does nothing
//   FAIL_SYNC      a path: while it exists, syncing data.mdb fails with EIO
//
// An entry is a header and `length` bytes. Each entry is one write() to a file opened for appending, so entries of
// several processes do not mix. A write is in the record before the process can go on.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum Kind { WRITE = 1, DURABLE_WRITE = 2, SYNC_BEGIN = 3, SYNC_END = 4, CREATE = 5 };
enum File { NONE, DATA, SYNCED, FOLDER, MARKS };

struct header {
  uint32_t kind;
  uint32_t file;
  uint64_t offset;  // of a sync: the number that its begin and its end share
  uint64_t length;
};

#define MOST_FILES 4096
static unsigned char files[MOST_FILES];
static unsigned char durable[MOST_FILES];  // whether opened with O_DSYNC
static atomic_uint syncs;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int log_file(void) {
  static atomic_int opened = -1;
  if (opened >= 0) return opened;
  const char *path = getenv("RECORD_LOG");
  if (path == NULL) return -1;
  int fd = REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  int none = -1;
  if (!atomic_compare_exchange_strong(&opened, &none, fd)) REAL(close)(fd);
  return opened;
}

static void record(enum Kind kind, int file, uint64_t offset, const struct iovec *parts, int count) {
  const int fd = log_file();
  if (fd < 0) return;
  struct header header = {kind, file, offset, 0};
  for (int i = 0; i < count; i++) header.length += parts[i].iov_len;
  char *entry = malloc(sizeof(header) + header.length);
  memcpy(entry, &header, sizeof(header));
  size_t at = sizeof(header);
  for (int i = 0; i < count; i++) {
    memcpy(entry + at, parts[i].iov_base, parts[i].iov_len);
    at += parts[i].iov_len;
  }
  if (REAL(write)(fd, entry, at) != (ssize_t)at) abort();
  free(entry);
}

static enum File file_of(const char *path) {
  const char *folder = getenv("RECORD_FOLDER");
  if (folder == NULL || strncmp(path, folder, strlen(folder)) != 0) return NONE;
  const char *name = path + strlen(folder);
  if (strcmp(name, "") == 0) return FOLDER;
  if (strcmp(name, "/data.mdb") == 0) return DATA;
  if (strcmp(name, "/synced.mdb") == 0) return SYNCED;
  if (strcmp(name, "/marks") == 0) return MARKS;
  return NONE;
}

// A new database is made under another name, synced, and renamed. So its content when it is first opened is on the
// disk.
static void record_first(const char *path) {
  char bytes[1 << 16];
  char once[4096];
  if (log_file() < 0) return;
  snprintf(once, sizeof(once), "%s.first", getenv("RECORD_LOG"));
  const int mine = REAL(open)(once, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (mine < 0) return;
  REAL(close)(mine);
  const int fd = REAL(open)(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t size = REAL(read)(fd, bytes, sizeof(bytes));
  const struct iovec all = {bytes, size > 0 ? size : 0};
  if (size > 0) record(DURABLE_WRITE, DATA, 0, &all, 1);
  REAL(close)(fd);
}

static int opened(const char *path, int flags, int mode) {
  if (strcmp(path, "/proc/sys/kernel/random/boot_id") == 0 && getenv("BOOT_ID_FILE")) path = getenv("BOOT_ID_FILE");
  const enum File file = (flags & O_TMPFILE) == O_TMPFILE ? NONE : file_of(path);
  const int makes = file == SYNCED && (flags & O_CREAT) && access(path, F_OK) != 0;
  const int fd = REAL(open)(path, flags, mode);
  if (fd < 0 || fd >= MOST_FILES) return fd;
  if (file == DATA) record_first(path);
  files[fd] = file;
  durable[fd] = (flags & O_DSYNC) != 0;
  if (makes) record(CREATE, file, 0, NULL, 0);
  return fd;
}

#define MODE(flags)                     \
  int mode = 0;                         \
  if (flags & (O_CREAT | O_TMPFILE)) {  \
    va_list rest;                       \
    va_start(rest, flags);              \
    mode = va_arg(rest, int);           \
    va_end(rest);                       \
  }

int open(const char *path, int flags, ...) {
  MODE(flags)
  return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags)
  return opened(path, flags | O_LARGEFILE, mode);
}

int close(int fd) {
  if (fd >= 0 && fd < MOST_FILES) files[fd] = NONE;
  return REAL(close)(fd);
}

static enum File recorded(int fd) { return fd >= 0 && fd < MOST_FILES ? files[fd] : NONE; }

static ssize_t wrote(int fd, const struct iovec *parts, int count, off_t at, ssize_t written) {
  const int error = errno;
  if (written > 0) record(durable[fd] ? DURABLE_WRITE : WRITE, recorded(fd), at, parts, count);
  errno = error;
  return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  const ssize_t written = REAL(pwrite64)(fd, bytes, size, at);
  const struct iovec part = {(void *)bytes, size};
  return recorded(fd) ? wrote(fd, &part, 1, at, written) : written;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }

ssize_t write(int fd, const void *bytes, size_t size) {
  const off_t at = recorded(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
  const ssize_t written = REAL(write)(fd, bytes, size);
  const struct iovec part = {(void *)bytes, size};
  return recorded(fd) ? wrote(fd, &part, 1, at, written) : written;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  const off_t at = recorded(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
  const ssize_t written = REAL(writev)(fd, parts, count);
  return recorded(fd) ? wrote(fd, parts, count, at, written) : written;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
  const ssize_t written = REAL(pwritev64)(fd, parts, count, at);
  return recorded(fd) ? wrote(fd, parts, count, at, written) : written;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return pwritev64(fd, parts, count, at); }

static int sync_by(int fd, int (*real)(int)) {
  const enum File file = recorded(fd);
  if (file == DATA && getenv("FAIL_SYNC") && access(getenv("FAIL_SYNC"), F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  if (file == NONE) return getenv("NO_SYNC") ? 0 : real(fd);
  const uint64_t token = (uint64_t)getpid() << 32 | atomic_fetch_add(&syncs, 1);
  record(SYNC_BEGIN, file, token, NULL, 0);
  const int rc = getenv("NO_SYNC") ? 0 : real(fd);
  if (rc == 0) record(SYNC_END, file, token, NULL, 0);
  return rc;
}

int fsync(int fd) { return sync_by(fd, REAL(fsync)); }

int fdatasync(int fd) { return sync_by(fd, REAL(fdatasync)); }
