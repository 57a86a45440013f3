#ifndef LEASEHOLD_CORE_OWN_MEMORY_H_
#define LEASEHOLD_CORE_OWN_MEMORY_H_

#include <cstddef>
#include <optional>

namespace leasehold {

// How many bytes of memory are this process's own: memory that it has allocated and touched, and pages of private
// mappings to which it has written. Pages that are shared with a file do not count. Nothing if the system does not
// tell.
std::optional<size_t> OwnMemory();

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OWN_MEMORY_H_
