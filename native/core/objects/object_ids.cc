#include "core/objects/object_ids.h"

#include <algorithm>

namespace leasehold {

std::vector<uint64_t> ObjectIds::PageNumbers() const {
  std::vector<uint64_t> numbers;
  numbers.reserve(pages_.size());
  for (const auto& [number, page] : pages_) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace leasehold
