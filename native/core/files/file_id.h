// Which file a path or a descriptor stands for.
#ifndef LEASEHOLD_CORE_FILE_ID_H_
#define LEASEHOLD_CORE_FILE_ID_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <utility>

namespace leasehold {

// (device, inode), the same for every name of a file. (0, 0) stands for no file.
using FileId = std::pair<dev_t, ino_t>;

inline FileId IdOf(const struct stat& info) { return FileId(info.st_dev, info.st_ino); }

// Of an open file; (0, 0) if the system does not tell.
inline FileId IdOf(int fd) {
  struct stat info;
  return fd >= 0 && fstat(fd, &info) == 0 ? IdOf(info) : FileId();
}

// Of a path below the directory `folder`, or of any path if `folder` is AT_FDCWD. (0, 0) if the system does not tell,
// with its reason in errno.
inline FileId IdOf(int folder, const char* path) {
  struct stat info;
  return fstatat(folder, path, &info, 0) == 0 ? IdOf(info) : FileId();
}

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_FILE_ID_H_
