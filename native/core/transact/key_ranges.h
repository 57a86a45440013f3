// A set of keys that consists of ranges.
#ifndef LEASEHOLD_CORE_KEY_RANGES_H_
#define LEASEHOLD_CORE_KEY_RANGES_H_

#include <map>
#include <string>
#include <string_view>

#include "core/range/range_options.h"
#include "core/status.h"

namespace leasehold {

inline std::string_view ViewOf(Slice bytes) { return {reinterpret_cast<const char*>(bytes.data), bytes.size}; }
inline Slice SliceOf(std::string_view bytes) {
  return Slice{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}
// The first key behind a key: no key is between the two.
inline std::string Behind(Slice key) { return std::string(ViewOf(key)) += '\0'; }

// The keys from `from` on and before `to`, as std::string and LMDB order them. With an empty `to`, all keys from `from`
// on.
struct KeyRange {
  KeyRange() = default;
  KeyRange(std::string from_, std::string to_) : from(std::move(from_)), to(std::move(to_)) {}
  // The keys between the bounds of a range, whatever its limit.
  explicit KeyRange(const RangeOptions& options);

  // No key.
  static KeyRange Nothing() { return KeyRange(std::string(1, '\0'), std::string(1, '\0')); }
  // The keys from a place on, in a direction.
  static KeyRange From(const RangeBound& place, bool reverse);

  bool Contains(std::string_view key) const { return key >= from && (to.empty() || key < to); }
  // The same range as options, with no limit.
  RangeOptions ToOptions(bool reverse, bool keys_only) const;
  // The keys that both have.
  KeyRange Intersection(const KeyRange& other) const;
  bool IsEmpty() const { return !to.empty() && from >= to; }

  std::string from;
  std::string to;
};

// The ranges do not overlap or touch: ranges that do are merged when they are added.
class KeyRanges {
 public:
  // By their `from`; the value is their `to`.
  using Map = std::map<std::string, std::string, std::less<>>;

  void Add(KeyRange range);
  // The range that has a key; end() if none has it.
  Map::const_iterator Find(std::string_view key) const;
  bool Contains(std::string_view key) const { return Find(key) != ranges_.end(); }

  bool empty() const { return ranges_.empty(); }
  size_t size() const { return ranges_.size(); }
  Map::const_iterator begin() const { return ranges_.begin(); }
  Map::const_iterator end() const { return ranges_.end(); }

 private:
  Map ranges_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_KEY_RANGES_H_
