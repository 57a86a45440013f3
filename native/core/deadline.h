// Until when a thread waits for another thread or process to end its write transaction.
#ifndef LEASEHOLD_CORE_DEADLINE_H_
#define LEASEHOLD_CORE_DEADLINE_H_

#include <chrono>
#include <optional>

namespace leasehold {

// No value: it waits as long as it takes.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_DEADLINE_H_
