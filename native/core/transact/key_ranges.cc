#include "core/transact/key_ranges.h"

#include <algorithm>

namespace leasehold {
namespace {

// Whether a range that ends at `a` ends before one that ends at `b`.
bool EndsBefore(const std::string& a, const std::string& b) { return !a.empty() && (b.empty() || a < b); }

// Whether a range that ends at `to` overlaps or touches one that begins at `from`, behind its own beginning.
bool Reaches(const std::string& to, const std::string& from) { return to.empty() || to >= from; }

// A bound as the first key behind it (`after`), or as the key itself.
std::string BoundAt(const std::string& key, bool after) { return after ? Behind(SliceOf(key)) : key; }

}  // namespace

KeyRange::KeyRange(const RangeOptions& options) {
  if (options.lower.exists) from = BoundAt(options.lower.key, options.lower.open);
  if (options.upper.exists) to = BoundAt(options.upper.key, !options.upper.open);
  // An empty `to` means all keys, but no key is before an empty bound.
  if (options.upper.exists && to.empty()) *this = Nothing();
}

KeyRange KeyRange::From(const RangeBound& place, bool reverse) {
  const std::string bound = BoundAt(place.key, reverse != place.open);
  if (!reverse) return KeyRange(bound, std::string());
  return bound.empty() ? Nothing() : KeyRange(std::string(), bound);
}

RangeOptions KeyRange::ToOptions(bool reverse, bool keys_only) const {
  RangeOptions options;
  options.lower.exists = !from.empty();
  options.lower.key = from;
  options.upper.exists = !to.empty();
  options.upper.key = to;
  options.upper.open = true;
  options.reverse = reverse;
  options.keys_only = keys_only;
  return options;
}

KeyRange KeyRange::Intersection(const KeyRange& other) const {
  return KeyRange(std::max(from, other.from), EndsBefore(to, other.to) ? to : other.to);
}

void KeyRanges::Add(KeyRange range) {
  if (range.IsEmpty()) return;
  auto next = ranges_.upper_bound(range.from);
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (Reaches(before->second, range.from)) {
      if (!EndsBefore(before->second, range.to)) return;
      range.from = before->first;
      next = before;
    }
  }
  while (next != ranges_.end() && Reaches(range.to, next->first)) {
    if (EndsBefore(range.to, next->second)) range.to = next->second;
    // A range that grows at its end stays where it is: it is the one that a scan adds to again and again.
    const auto following = std::next(next);
    if (next->first == range.from && (following == ranges_.end() || !Reaches(range.to, following->first))) {
      next->second = std::move(range.to);
      return;
    }
    next = ranges_.erase(next);
  }
  ranges_.emplace_hint(next, std::move(range.from), std::move(range.to));
}

KeyRanges::Map::const_iterator KeyRanges::Find(std::string_view key) const {
  const auto next = ranges_.upper_bound(key);
  if (next == ranges_.begin()) return ranges_.end();
  const auto before = std::prev(next);
  return before->second.empty() || key < before->second ? before : ranges_.end();
}

}  // namespace leasehold
