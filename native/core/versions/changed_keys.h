// What a transaction has changed in one versioned collection.
#ifndef LEASEHOLD_CORE_CHANGED_KEYS_H_
#define LEASEHOLD_CORE_CHANGED_KEYS_H_

#include <string>
#include <vector>

#include "core/range/range_options.h"

namespace leasehold {

// Has the keys that were changed or, once KeepBounds, AddRange or AddDrop was called, only bounds around them.
class ChangedKeys {
 public:
  void AddKey(Slice key);
  void AddRange(const RangeParts& range);
  // The collection itself was dropped.
  void AddDrop();
  // Adds what a later transaction has changed.
  void Merge(const ChangedKeys& later);

  // Sorts the keys, and forgets those that are there twice.
  void Compact();
  // Forgets the keys, and has the smallest bounds around them from now on.
  void KeepBounds();

  // Whether a key between these bounds may have changed.
  bool Touches(const RangeParts& range) const;

  bool dropped() const { return dropped_; }
  bool has_bounds() const { return has_bounds_; }
  // With has_bounds(). They refer to this.
  RangeParts bounds() const { return {flags_, SliceOf(lower_), SliceOf(upper_)}; }
  // Without has_bounds().
  size_t count() const { return places_.size(); }
  size_t bytes() const { return bytes_.size(); }
  Slice key(size_t i) const { return KeyAt(places_[i]); }

 private:
  struct Place {
    size_t offset;
    size_t size;
  };

  static Slice SliceOf(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
  Slice KeyAt(const Place& place) const { return {SliceOf(bytes_).data + place.offset, place.size}; }
  void WidenLower(const RangeParts& range);
  void WidenUpper(const RangeParts& range);

  std::string bytes_;  // of the keys, one after the other
  std::vector<Place> places_;
  bool dropped_ = false;
  bool has_bounds_ = false;
  uint32_t flags_ = 0;  // kRangeLower, ...
  std::string lower_;
  std::string upper_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_CHANGED_KEYS_H_
