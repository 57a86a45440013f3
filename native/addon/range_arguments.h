// Reads the arguments of a call that is about a range.
#ifndef LEASEHOLD_ADDON_RANGE_ARGUMENTS_H_
#define LEASEHOLD_ADDON_RANGE_ARGUMENTS_H_

#include "addon/arguments.h"
#include "core/range/range_options.h"

namespace leasehold {

// The first arguments are transaction, collection, flags, offset of the bounds in the shared buffer, length of the
// lower bound, length of the upper bound, which comes after it; limit, offset.
inline bool ReadRange(const ArgumentReader& arguments, Transaction** transaction, Collection** collection,
                      RangeParts* range) {
  uint32_t upper;
  if (!arguments.AnyTransaction(0, transaction) ||
      !arguments.Collection(1, *(*transaction)->environment(), collection) || !arguments.Uint32(2, &range->flags) ||
      !arguments.Io(3, &range->lower) || !arguments.Uint32(5, &upper) || !arguments.Size(6, &range->limit) ||
      !arguments.Size(7, &range->offset)) {
    return false;
  }
  range->upper = Slice{range->lower.data + range->lower.size, upper};
  const auto& io = arguments.addon()->io;
  return upper <= static_cast<size_t>(io.data + io.size - range->upper.data) ||
         arguments.Fail(5, "inside the shared buffer");
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_RANGE_ARGUMENTS_H_
