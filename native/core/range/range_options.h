// Which keys a range covers, and in which order.
#ifndef LEASEHOLD_CORE_RANGE_OPTIONS_H_
#define LEASEHOLD_CORE_RANGE_OPTIONS_H_

#include <cstdint>
#include <string>

#include "contract.h"
#include "core/database/collection.h"
#include "core/status.h"

namespace leasehold {

// JavaScript's greatest limit.
constexpr uint64_t kNoLimit = uint64_t{1} << 53;

// The options in the form in which JavaScript gives them: flags kRange..., and bounds that somebody else owns.
struct RangeParts {
  uint32_t flags = 0;
  Slice lower = {};
  Slice upper = {};
  uint64_t limit = kNoLimit;

  // Whether the range has all entries of a collection.
  bool IsAll() const { return (flags & (kRangeLower | kRangeUpper)) == 0 && limit >= kNoLimit; }
};

struct RangeOptions {
  RangeOptions() = default;
  explicit RangeOptions(const RangeParts& parts)
      : has_lower((parts.flags & kRangeLower) != 0),
        lower_open((parts.flags & kRangeLowerOpen) != 0),
        has_upper((parts.flags & kRangeUpper) != 0),
        upper_open((parts.flags & kRangeUpperOpen) != 0),
        reverse((parts.flags & kRangeReverse) != 0),
        keys_only((parts.flags & kRangeKeysOnly) != 0),
        limit(parts.limit) {
    if (has_lower) lower.assign(reinterpret_cast<const char*>(parts.lower.data), parts.lower.size);
    if (has_upper) upper.assign(reinterpret_cast<const char*>(parts.upper.data), parts.upper.size);
  }

  // How many bytes stand before each value that the range gives.
  uint32_t LeadIn(const Collection& collection) const { return keys_only ? 0 : collection.header_bytes; }

  bool has_lower = false;
  bool lower_open = false;
  bool has_upper = false;
  bool upper_open = false;
  bool reverse = false;
  bool keys_only = false;
  uint64_t limit = kNoLimit;
  std::string lower;
  std::string upper;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RANGE_OPTIONS_H_
