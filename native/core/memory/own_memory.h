#ifndef LEASEHOLD_CORE_OWN_MEMORY_H_
#define LEASEHOLD_CORE_OWN_MEMORY_H_

#include <cstddef>
#include <optional>

namespace leasehold {

// The bytes of memory that are this process's own: what it has allocated and touched, and the pages of private mappings
// that have been written to; none of what it shares with a file. Nothing if the system does not tell.
std::optional<size_t> OwnMemory();

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OWN_MEMORY_H_
