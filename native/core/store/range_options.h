// Which keys a range covers, and how it goes through them.
#ifndef LEASEHOLD_CORE_RANGE_OPTIONS_H_
#define LEASEHOLD_CORE_RANGE_OPTIONS_H_

#include <cstdint>
#include <string>

namespace leasehold {

struct RangeOptions {
  bool has_lower = false;
  bool lower_open = false;
  bool has_upper = false;
  bool upper_open = false;
  bool reverse = false;
  bool keys_only = false;
  uint64_t limit = UINT64_MAX;
  std::string lower;
  std::string upper;

  // Whether it is every entry of a collection: JavaScript's greatest limit is 2 ** 53.
  bool IsAll() const { return !has_lower && !has_upper && limit >= uint64_t{1} << 53; }
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RANGE_OPTIONS_H_
