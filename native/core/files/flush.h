// Bringing files to the disk itself, so that they survive a power cut.
#ifndef LEASEHOLD_CORE_FLUSH_H_
#define LEASEHOLD_CORE_FLUSH_H_

#include <string>

#include "core/status.h"

namespace leasehold {

// A file's bytes and its size.
Status FlushFile(int fd);

// The names in a directory. OK on a file system that cannot flush a directory.
Status FlushDirectory(int fd);
Status FlushDirectory(const std::string& directory);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_FLUSH_H_
