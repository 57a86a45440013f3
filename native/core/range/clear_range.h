// Deleting the entries of a range.
#ifndef LEASEHOLD_CORE_CLEAR_RANGE_H_
#define LEASEHOLD_CORE_CLEAR_RANGE_H_

#include "core/range/range_options.h"
#include "core/store/write_transaction.h"

namespace leasehold {

// Deletes all entries of a range. `*count` says how many were deleted, also after an error.
Status ClearRange(WriteTransaction* transaction, Collection* collection, RangeOptions options, uint64_t* count);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_CLEAR_RANGE_H_
