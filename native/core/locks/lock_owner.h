// Who has the write lock, in words.
#ifndef LEASEHOLD_CORE_LOCK_OWNER_H_
#define LEASEHOLD_CORE_LOCK_OWNER_H_

#include <string>

namespace leasehold {

// Part of a sentence for errors about the thread of that number in this system; 0 is none that is known. It is a guess:
// the lock may have changed hands, and a process in another container has other numbers.
std::string DescribeLockOwner(int thread);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LOCK_OWNER_H_
