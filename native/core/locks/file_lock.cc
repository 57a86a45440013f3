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

struct flock OneByte(off_t byte, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  return lock;
}

}  // namespace

int LockByte(int fd, off_t byte, FileLock lock, bool wait) {
  const short type = lock == FileLock::kNone ? F_UNLCK : lock == FileLock::kShared ? F_RDLCK : F_WRLCK;
  const struct flock wanted = OneByte(byte, type);
#ifdef F_OFD_SETLK
  const int rc = TryLock(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, wanted);
  // EINVAL: the kernel has no such locks.
  if (rc != EINVAL) return rc;
#endif
  return TryLock(fd, wait ? F_SETLKW : F_SETLK, wanted);
}

bool IsByteLocked(int fd, off_t byte) {
  struct flock lock = OneByte(byte, F_WRLCK);
#ifdef F_OFD_GETLK
  if (fcntl(fd, F_OFD_GETLK, &lock) == 0) return lock.l_type != F_UNLCK;
  if (errno != EINVAL) return true;
  lock = OneByte(byte, F_WRLCK);
#endif
  return fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

}  // namespace leasehold
