// How whoever reads a range gets its rows.
#ifndef LEASEHOLD_CORE_OPEN_RANGE_H_
#define LEASEHOLD_CORE_OPEN_RANGE_H_

#include <memory>

#include "core/range/range_options.h"
#include "core/rows/rows.h"
#include "core/store/transaction.h"

namespace leasehold {

// The entries of a range of a collection, which has none where the transaction does not see it. They must be destroyed
// before the transaction.
Status OpenRange(Transaction* transaction, Collection* collection, RangeOptions&& options, std::unique_ptr<Rows>* rows);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OPEN_RANGE_H_
