// How JavaScript says which entries a call is about.
#ifndef LEASEHOLD_ADDON_RANGE_ARGUMENTS_H_
#define LEASEHOLD_ADDON_RANGE_ARGUMENTS_H_

#include <string>

#include "addon/arguments.h"

namespace leasehold {

inline RangeOptions RangeOf(uint32_t flags, Slice lower, Slice upper, uint64_t limit) {
  RangeOptions range;
  range.has_lower = (flags & kRangeLower) != 0;
  range.lower_open = (flags & kRangeLowerOpen) != 0;
  range.has_upper = (flags & kRangeUpper) != 0;
  range.upper_open = (flags & kRangeUpperOpen) != 0;
  range.reverse = (flags & kRangeReverse) != 0;
  range.keys_only = (flags & kRangeKeysOnly) != 0;
  range.limit = limit;
  if (range.has_lower) range.lower.assign(reinterpret_cast<const char*>(lower.data), lower.size);
  if (range.has_upper) range.upper.assign(reinterpret_cast<const char*>(upper.data), upper.size);
  return range;
}

// What a range is of: the arguments transaction, collection, flags, lower (offset, length), upper (offset, length),
// limit.
inline bool ReadRange(const Arguments<8>& arguments, Transaction** transaction, Collection** collection,
                      RangeOptions* range, uint32_t* flags) {
  Slice lower;
  Slice upper;
  uint64_t limit;
  if (!arguments.AnyTransaction(0, transaction) ||
      !arguments.Collection(1, *(*transaction)->environment(), collection) || !arguments.Uint32(2, flags) ||
      !arguments.Io(3, &lower) || !arguments.Io(5, &upper) || !arguments.Size(7, &limit)) {
    return false;
  }
  *range = RangeOf(*flags, lower, upper, limit);
  return true;
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_RANGE_ARGUMENTS_H_
