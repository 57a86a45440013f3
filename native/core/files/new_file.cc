#include "core/files/new_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

#include "core/files/flush.h"

namespace leasehold {
namespace {

// Where the system shows open files under names by which they can be linked.
constexpr const char* kOpenFiles = "/proc/self/fd";

}  // namespace

NewFile::~NewFile() {
  if (!temporary_name_.empty()) unlink(temporary_name_.c_str());
}

Status NewFile::Open() {
#ifdef O_TMPFILE
  // Not every file system has files without a name.
  if (access(kOpenFiles, X_OK) == 0) {
    file_ = Descriptor(open(directory_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
    if (file_.is_open()) return Status();
  }
#endif
  std::string name = target_ + ".XXXXXX";
  file_ = Descriptor(mkostemp(name.data(), O_CLOEXEC));
  if (!file_.is_open()) return Status(errno);
  temporary_name_ = std::move(name);
  return Status();
}

Status NewFile::Write(const void* data, size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(fd(), at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Status(errno);
    if (written == 0) return Status(ENOSPC);
    at += written;
    size -= static_cast<size_t>(written);
  }
  return Status();
}

Status NewFile::Flush() { return FlushFile(fd()); }

Status NewFile::Publish() {
  // Opened first: what fails after the file has its name leaves it there.
  Descriptor folder(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A directory that may be written to but not read cannot be flushed.
  if (!folder.is_open() && errno != EACCES) return Status(errno);
  const std::string source =
      temporary_name_.empty() ? std::string(kOpenFiles) + "/" + std::to_string(fd()) : temporary_name_;
  // Unlike rename, linkat does not replace what somebody else has put there meanwhile. Some file systems have no links.
  if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target_.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    if (!temporary_name_.empty()) unlink(temporary_name_.c_str());
  } else if (errno == EEXIST || temporary_name_.empty() || rename(temporary_name_.c_str(), target_.c_str()) != 0) {
    return Status(errno);
  }
  temporary_name_.clear();
  return folder.is_open() ? FlushDirectory(folder.get()) : Status();
}

}  // namespace leasehold
