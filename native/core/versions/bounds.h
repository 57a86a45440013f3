// Questions about the bounds of ranges. The limits of ranges do not matter here.
#ifndef LEASEHOLD_CORE_BOUNDS_H_
#define LEASEHOLD_CORE_BOUNDS_H_

#include "core/range/range_options.h"

namespace leasehold {

// Whether a key lies between the bounds.
inline bool Covers(const RangeParts& range, Slice key) {
  if ((range.flags & kRangeLower) != 0) {
    const int order = Compare(key, range.lower);
    if (order < 0 || (order == 0 && (range.flags & kRangeLowerOpen) != 0)) return false;
  }
  if ((range.flags & kRangeUpper) != 0) {
    const int order = Compare(key, range.upper);
    if (order > 0 || (order == 0 && (range.flags & kRangeUpperOpen) != 0)) return false;
  }
  return true;
}

// Whether all keys of `a` come before all keys of `b`. A range without keys, whose bounds cross, comes before itself.
inline bool IsBefore(const RangeParts& a, const RangeParts& b) {
  if ((a.flags & kRangeUpper) == 0 || (b.flags & kRangeLower) == 0) return false;
  const int order = Compare(a.upper, b.lower);
  return order < 0 || (order == 0 && ((a.flags & kRangeUpperOpen) != 0 || (b.flags & kRangeLowerOpen) != 0));
}

// Whether a key can lie between the bounds of both.
inline bool Overlap(const RangeParts& a, const RangeParts& b) {
  return !IsBefore(a, b) && !IsBefore(b, a) && !IsBefore(a, a) && !IsBefore(b, b);
}

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_BOUNDS_H_
