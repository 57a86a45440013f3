#include "core/store/new_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

namespace leasehold {
namespace {

// Where the system gives open files names, by which they can be linked.
constexpr const char* kOpenFiles = "/proc/self/fd";

// Flushes a file or a directory to the disk.
int FlushDescriptor(int fd) {
  int rc;
#ifdef F_FULLFSYNC
  // On macOS, fsync leaves the data in the disk's cache. Not every file system has this.
  do rc = fcntl(fd, F_FULLFSYNC);
  while (rc != 0 && errno == EINTR);
  if (rc == 0) return 0;
  if (errno == EIO || errno == ENOSPC) return errno;
#endif
  do rc = fsync(fd);
  while (rc != 0 && errno == EINTR);
  return rc == 0 ? 0 : errno;
}

}  // namespace

NewFile::~NewFile() {
  if (fd_ >= 0) close(fd_);
  if (!own_name_.empty()) unlink(own_name_.c_str());
}

Status NewFile::Open() {
#ifdef O_TMPFILE
  // Not every file system has it.
  if (access(kOpenFiles, X_OK) == 0) fd_ = open(directory_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (fd_ >= 0) return Status();
#endif
  std::string name = target_ + ".XXXXXX";
  fd_ = mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) return Status(errno);
  own_name_ = std::move(name);
  return Status();
}

Status NewFile::Write(const void* data, size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(fd_, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Status(errno);
    if (written == 0) return Status(ENOSPC);
    at += written;
    size -= static_cast<size_t>(written);
  }
  return Status();
}

Status NewFile::Flush() { return Status(FlushDescriptor(fd_)); }

Status NewFile::Publish() {
  const std::string source = own_name_.empty() ? std::string(kOpenFiles) + "/" + std::to_string(fd_) : own_name_;
  // Unlike rename, it does not replace what somebody else has put there meanwhile. Some file systems have no links.
  if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target_.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    if (!own_name_.empty()) unlink(own_name_.c_str());
  } else if (errno == EEXIST || own_name_.empty() || rename(own_name_.c_str(), target_.c_str()) != 0) {
    return Status(errno);
  }
  own_name_.clear();
  const int folder = open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Status();
  const int error = FlushDescriptor(folder);
  close(folder);
  // Not every file system can flush a directory.
  return Status(error == EINVAL ? 0 : error);
}

}  // namespace leasehold
