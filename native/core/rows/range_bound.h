// A bound of a range, and a place in it.
#ifndef LEASEHOLD_CORE_RANGE_BOUND_H_
#define LEASEHOLD_CORE_RANGE_BOUND_H_

#include <string>

#include "core/status.h"

namespace leasehold {

// A bound of a range, or a place in it: a key, and where keys can have several values perhaps one of its values.
struct RangeBound {
  bool exists = false;
  bool open = false;  // whether the bound itself is outside
  bool has_value = false;
  std::string key;
  std::string value;

  Slice KeyBytes() const { return Slice{reinterpret_cast<const uint8_t*>(key.data()), key.size()}; }
  Slice ValueBytes() const { return Slice{reinterpret_cast<const uint8_t*>(value.data()), value.size()}; }

  // Takes a key, or with `is_pair` a key and a value in the form that kRangeLowerPair describes.
  void Assign(Slice bytes, bool is_pair) {
    const auto* chars = reinterpret_cast<const char*>(bytes.data);
    uint32_t key_size = 0;
    const size_t lead = sizeof(key_size);
    if (is_pair && bytes.size >= lead) memcpy(&key_size, chars, lead);
    exists = true;
    has_value = is_pair && bytes.size >= lead && key_size <= bytes.size - lead;
    if (!has_value) {
      key.assign(chars, bytes.size);
      return;
    }
    key.assign(chars + lead, key_size);
    value.assign(chars + lead + key_size, bytes.size - lead - key_size);
  }
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RANGE_BOUND_H_
