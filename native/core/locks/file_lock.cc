#include "core/locks/file_lock.h"

#include <fcntl.h>

#include <cerrno>

namespace leasehold {
namespace {

int TryLock(int fd, int command, const struct flock& wanted) {
  for (;;) {
    // The system may change the structure that it is given.
    struct flock lock = wanted;
    if (fcntl(fd, command, &lock) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

}  // namespace

int LockByte(int fd, off_t byte, FileLock lock, bool wait) {
  struct flock wanted {};
  wanted.l_type = lock == FileLock::kNone ? F_UNLCK : lock == FileLock::kShared ? F_RDLCK : F_WRLCK;
  wanted.l_whence = SEEK_SET;
  wanted.l_start = byte;
  wanted.l_len = 1;
#ifdef F_OFD_SETLK
  const int rc = TryLock(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, wanted);
  // EINVAL: the kernel has no such locks.
  if (rc != EINVAL) return rc;
#endif
  return TryLock(fd, wait ? F_SETLKW : F_SETLK, wanted);
}

}  // namespace leasehold
