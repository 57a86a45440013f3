// Opens the rows of a range.
#ifndef LEASEHOLD_CORE_OPEN_RANGE_H_
#define LEASEHOLD_CORE_OPEN_RANGE_H_

#include <memory>

#include "core/range/range_options.h"
#include "core/rows/rows.h"
#include "core/store/transaction.h"

namespace leasehold {

// The entries of a range of a collection, but for those that have expired. There are none if the transaction does not
// see the collection. The rows must be destroyed before the transaction.
Status OpenRange(Transaction* transaction, Collection* collection, RangeOptions&& options, std::unique_ptr<Rows>* rows);
// The same with those that have expired.
Status OpenAllRows(Transaction* transaction, Collection* collection, RangeOptions&& options,
                   std::unique_ptr<Rows>* rows);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OPEN_RANGE_H_
