// A file that appears under its name when it is whole and on the disk, or never.
#ifndef LEASEHOLD_CORE_NEW_FILE_H_
#define LEASEHOLD_CORE_NEW_FILE_H_

#include <stddef.h>

#include <string>
#include <utility>

#include "core/files/descriptor.h"
#include "core/status.h"

namespace leasehold {

// Until it is published, the file has no name, where the file system allows that, and goes away with the process,
// however the process ends. Where it does not, the file has a temporary name, which the destructor removes.
//
// Open comes first, then any number of Write, then Flush, then Publish. After an error only destroying it makes sense.
class NewFile {
 public:
  NewFile(std::string directory, const std::string& name)
      : directory_(std::move(directory)), target_(directory_ + "/" + name) {}
  ~NewFile();

  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Makes the file, which only its owner may read and write.
  Status Open();
  int fd() const { return file_.get(); }
  // Appends all of the bytes.
  Status Write(const void* data, size_t size);
  // Brings what was written to the disk.
  Status Flush();
  // Gives the file its name, and brings the name to the disk. EEXIST if something has the name already.
  Status Publish();

 private:
  const std::string directory_;
  const std::string target_;
  std::string temporary_name_;  // empty if it has none
  Descriptor file_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_NEW_FILE_H_
