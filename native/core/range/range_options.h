// Which entries a range covers, and in which order.
#ifndef LEASEHOLD_CORE_RANGE_OPTIONS_H_
#define LEASEHOLD_CORE_RANGE_OPTIONS_H_

#include <cstdint>

#include "contract.h"
#include "core/database/collection.h"
#include "core/rows/range_bound.h"

namespace leasehold {

// JavaScript's greatest limit.
constexpr uint64_t kNoLimit = uint64_t{1} << 53;

// The options in the form in which JavaScript gives them: flags kRange..., and bounds that somebody else owns.
struct RangeParts {
  uint32_t flags = 0;
  Slice lower = {};
  Slice upper = {};
  uint64_t limit = kNoLimit;
  uint64_t offset = 0;

  // Whether the range has all entries of a collection.
  bool IsAll() const { return (flags & (kRangeLower | kRangeUpper)) == 0 && limit >= kNoLimit && offset == 0; }
};

struct RangeOptions {
  RangeOptions() = default;
  explicit RangeOptions(const RangeParts& parts)
      : reverse((parts.flags & kRangeReverse) != 0),
        distinct((parts.flags & kRangeDistinct) != 0),
        keys_only((parts.flags & (kRangeKeysOnly | kRangeLowerPair | kRangeUpperPair)) == kRangeKeysOnly),
        limit(parts.limit),
        offset(parts.offset) {
    if ((parts.flags & kRangeLower) != 0) lower.Assign(parts.lower, (parts.flags & kRangeLowerPair) != 0);
    if ((parts.flags & kRangeUpper) != 0) upper.Assign(parts.upper, (parts.flags & kRangeUpperPair) != 0);
    lower.open = (parts.flags & kRangeLowerOpen) != 0;
    upper.open = (parts.flags & kRangeUpperOpen) != 0;
  }

  // How many bytes stand before each value that the range gives.
  uint32_t LeadIn(const Collection& collection) const { return keys_only ? 0 : collection.header_bytes; }

  // Where the range begins and ends, in its direction.
  const RangeBound& Start() const { return reverse ? upper : lower; }
  const RangeBound& End() const { return reverse ? lower : upper; }

  RangeBound lower;
  RangeBound upper;
  bool reverse = false;
  bool distinct = false;   // one entry for each key: the first one in the direction of the range
  bool keys_only = false;  // never together with a bound that has a value
  uint64_t limit = kNoLimit;
  uint64_t offset = 0;  // how many entries are left out at the beginning
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RANGE_OPTIONS_H_
