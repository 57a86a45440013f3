// Locks of single bytes of a file, by which processes exclude each other.
#ifndef LEASEHOLD_CORE_FILE_LOCK_H_
#define LEASEHOLD_CORE_FILE_LOCK_H_

#include <sys/types.h>

namespace leasehold {

enum class FileLock { kNone, kShared, kExclusive };

// Gives an open file this lock of a byte, in place of the one that it has. 0 or an errno; EAGAIN or EACCES if another
// lock is in the way and `wait` is false.
//
// The lock belongs to the open file, where the system has such locks: it excludes other open files of this process, and
// stays when those are closed.
int LockByte(int fd, off_t byte, FileLock lock, bool wait);

// Whether another open file has a lock of the byte. Also true if the system does not tell.
bool IsByteLocked(int fd, off_t byte);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_FILE_LOCK_H_
