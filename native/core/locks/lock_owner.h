// Who has the write lock, in words.
#ifndef LEASEHOLD_CORE_LOCK_OWNER_H_
#define LEASEHOLD_CORE_LOCK_OWNER_H_

#include <string>

namespace leasehold {

// Gives the end of an error's sentence, about the thread that has this number in the system; 0 for an unknown one. It
// is a guess: the lock may have changed hands, and processes in other containers have other numbers.
std::string DescribeLockOwner(int thread);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LOCK_OWNER_H_
