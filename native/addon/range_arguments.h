// Reads the arguments of a call that is about a range.
#ifndef LEASEHOLD_ADDON_RANGE_ARGUMENTS_H_
#define LEASEHOLD_ADDON_RANGE_ARGUMENTS_H_

#include "addon/arguments.h"
#include "core/range/range_options.h"

namespace leasehold {

// The arguments are transaction, collection, flags, lower (offset, length), upper (offset, length), limit. The bounds
// are in the shared buffer.
inline bool ReadRange(const Arguments<8>& arguments, Transaction** transaction, Collection** collection,
                      RangeParts* range) {
  return arguments.AnyTransaction(0, transaction) &&
         arguments.Collection(1, *(*transaction)->environment(), collection) && arguments.Uint32(2, &range->flags) &&
         arguments.Io(3, &range->lower) && arguments.Io(5, &range->upper) && arguments.Size(7, &range->limit);
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_RANGE_ARGUMENTS_H_
