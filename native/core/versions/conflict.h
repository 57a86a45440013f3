// What is said of a condition that does not hold.
#ifndef LEASEHOLD_CORE_CONFLICT_H_
#define LEASEHOLD_CORE_CONFLICT_H_

#include "core/store/change.h"

namespace leasehold {

// kConflict, with the collection and the key.
Status Conflict(const Change& condition);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_CONFLICT_H_
