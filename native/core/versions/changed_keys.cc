#include "core/versions/changed_keys.h"

#include <algorithm>

#include "core/versions/bounds.h"

namespace leasehold {
namespace {

constexpr uint32_t kLowerFlags = kRangeLower | kRangeLowerOpen;
constexpr uint32_t kUpperFlags = kRangeUpper | kRangeUpperOpen;

// The bounds around one key.
RangeParts Only(Slice key) { return {kRangeLower | kRangeUpper, key, key}; }

void AssignBound(std::string* to, Slice from) { to->assign(reinterpret_cast<const char*>(from.data), from.size); }

}  // namespace

void ChangedKeys::AddKey(Slice key) {
  if (has_bounds_) return AddRange(Only(key));
  places_.push_back({bytes_.size(), key.size});
  bytes_.append(reinterpret_cast<const char*>(key.data), key.size);
}

void ChangedKeys::AddRange(const RangeParts& range) {
  KeepBounds();
  if (!has_bounds_) {
    has_bounds_ = true;
    flags_ = range.flags & (kLowerFlags | kUpperFlags);
    AssignBound(&lower_, range.lower);
    AssignBound(&upper_, range.upper);
    return;
  }
  WidenLower(range);
  WidenUpper(range);
}

void ChangedKeys::WidenLower(const RangeParts& range) {
  if ((flags_ & kRangeLower) == 0) return;
  const uint32_t flags = range.flags & kLowerFlags;
  if ((flags & kRangeLower) != 0) {
    const int order = Compare(range.lower, SliceOf(lower_));
    if (order > 0 || (order == 0 && (flags & kRangeLowerOpen) != 0)) return;
  }
  flags_ = (flags_ & kUpperFlags) | flags;
  AssignBound(&lower_, range.lower);
}

void ChangedKeys::WidenUpper(const RangeParts& range) {
  if ((flags_ & kRangeUpper) == 0) return;
  const uint32_t flags = range.flags & kUpperFlags;
  if ((flags & kRangeUpper) != 0) {
    const int order = Compare(range.upper, SliceOf(upper_));
    if (order < 0 || (order == 0 && (flags & kRangeUpperOpen) != 0)) return;
  }
  flags_ = (flags_ & kLowerFlags) | flags;
  AssignBound(&upper_, range.upper);
}

void ChangedKeys::AddDrop() {
  AddRange({});
  dropped_ = true;
}

void ChangedKeys::Merge(const ChangedKeys& later) {
  for (size_t i = 0; i < later.count(); i++) AddKey(later.key(i));
  if (later.has_bounds_) AddRange(later.bounds());
  dropped_ = dropped_ || later.dropped_;
}

void ChangedKeys::Compact() {
  const auto less = [this](const Place& a, const Place& b) { return Compare(KeyAt(a), KeyAt(b)) < 0; };
  const auto same = [this](const Place& a, const Place& b) { return IsSame(KeyAt(a), KeyAt(b)); };
  if (!std::is_sorted(places_.begin(), places_.end(), less)) std::sort(places_.begin(), places_.end(), less);
  const size_t before = places_.size();
  places_.erase(std::unique(places_.begin(), places_.end(), same), places_.end());
  if (places_.size() == before) return;
  std::string kept;
  for (Place& place : places_) {
    const Slice key = KeyAt(place);
    place.offset = kept.size();
    kept.append(reinterpret_cast<const char*>(key.data), key.size);
  }
  bytes_ = std::move(kept);
}

void ChangedKeys::KeepBounds() {
  if (places_.empty()) return;
  const auto less = [this](const Place& a, const Place& b) { return Compare(KeyAt(a), KeyAt(b)) < 0; };
  const auto [first, last] = std::minmax_element(places_.begin(), places_.end(), less);
  AssignBound(&lower_, KeyAt(*first));
  AssignBound(&upper_, KeyAt(*last));
  flags_ = kRangeLower | kRangeUpper;
  has_bounds_ = true;
  places_ = std::vector<Place>();
  bytes_ = std::string();
}

bool ChangedKeys::Touches(const RangeParts& range) const {
  if (has_bounds_) return Overlap(bounds(), range);
  return std::any_of(places_.begin(), places_.end(), [&](const Place& place) { return Covers(range, KeyAt(place)); });
}

}  // namespace leasehold
