// The number that stands for a lock's name in all programs.
#ifndef LEASEHOLD_CORE_LOCK_NUMBER_H_
#define LEASEHOLD_CORE_LOCK_NUMBER_H_

#include <stdint.h>

#include <string_view>

namespace leasehold {

// A hash of the name of 62 bits. Two names with one number would exclude each other. Of a million names, two have one
// number with a chance of 1 in 9 million. A name that is chosen to collide with another does no more harm than a
// program that takes the other's lock.
uint64_t LockNumber(std::u16string_view name);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LOCK_NUMBER_H_
