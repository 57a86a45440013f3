#include "core/files/flush.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/files/descriptor.h"

namespace leasehold {
namespace {

// Calls a function of the system's until no signal interrupts it. 0 or an errno.
template <class Call>
int Uninterrupted(Call call) {
  int rc;
  do rc = call();
  while (rc != 0 && errno == EINTR);
  return rc == 0 ? 0 : errno;
}

}  // namespace

Status FlushFile(int fd) {
#ifdef F_FULLFSYNC
  // On macOS, fsync leaves the data in the disk's cache. Not every file system has F_FULLFSYNC.
  const int error = Uninterrupted([fd] { return fcntl(fd, F_FULLFSYNC); });
  if (error == 0 || error == EIO || error == ENOSPC) return Status(error);
  return Status(Uninterrupted([fd] { return fsync(fd); }));
#else
  return Status(Uninterrupted([fd] { return fdatasync(fd); }));
#endif
}

Status FlushDirectory(int fd) {
  const int error = Uninterrupted([&] { return fsync(fd); });
  return Status(error == EINVAL ? 0 : error);
}

Status FlushDirectory(const std::string& directory) {
  const Descriptor folder(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.is_open() ? FlushDirectory(folder.get()) : Status(errno);
}

}  // namespace leasehold
