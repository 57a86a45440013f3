// A file that appears under its name when it is whole and on the disk, or never.
#ifndef LEASEHOLD_CORE_NEW_FILE_H_
#define LEASEHOLD_CORE_NEW_FILE_H_

#include <stddef.h>

#include <string>
#include <utility>

#include "core/status.h"

namespace leasehold {

// Until it is published it has no name, where the file system allows that, and is gone with the process, however that
// ends. Elsewhere it has a name of its own, which the destructor removes.
class NewFile {
 public:
  NewFile(std::string directory, const std::string& name)
      : directory_(std::move(directory)), target_(directory_ + "/" + name) {}
  ~NewFile();

  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Begins it, for its owner alone.
  Status Open();
  int fd() const { return fd_; }
  // Appends all of the bytes.
  Status Write(const void* data, size_t size);
  // Flushes what was written to the disk.
  Status Flush();
  // Gives a flushed file its name, and flushes the directory. EEXIST if something has the name already.
  Status Publish();

 private:
  const std::string directory_;
  const std::string target_;
  std::string own_name_;  // the name that it has until it is published; empty if it has none
  int fd_ = -1;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_NEW_FILE_H_
