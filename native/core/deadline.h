// Until when a thread waits for others to be done with writing.
#ifndef LEASEHOLD_CORE_DEADLINE_H_
#define LEASEHOLD_CORE_DEADLINE_H_

#include <chrono>
#include <optional>

namespace leasehold {

// None: as long as it takes.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_DEADLINE_H_
