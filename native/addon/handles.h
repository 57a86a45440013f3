// Small integers by which JavaScript names native objects.
#ifndef LEASEHOLD_ADDON_HANDLES_H_
#define LEASEHOLD_ADDON_HANDLES_H_

#include <stdint.h>

#include <memory>
#include <vector>

namespace leasehold {

// A handle is an index with a generation. So the handle of an object that has gone does not name the next object at the
// same index. Checking a handle takes a few nanoseconds; unwrapping an object with its type tag takes 80. A handle is a
// positive 31-bit integer, which V8 passes without an allocation.
template <class T>
class HandleTable {
 public:
  int32_t Add(std::unique_ptr<T> object) {
    uint32_t index;
    // Free slots are reused in order, and only when there are many, so that generations rarely wrap around.
    if (free_ > kLeastFree) {
      index = first_free_;
      first_free_ = slots_[index].next_free;
      free_--;
    } else {
      if (slots_.size() > kIndexMask) return -1;
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    }
    slots_[index].object = std::move(object);
    return static_cast<int32_t>(slots_[index].generation << kIndexBits | index);
  }

  T* Find(int32_t handle) const {
    const uint32_t index = static_cast<uint32_t>(handle) & kIndexMask;
    if (handle < 0 || index >= slots_.size()) return nullptr;
    const Slot& slot = slots_[index];
    return slot.generation == static_cast<uint32_t>(handle) >> kIndexBits ? slot.object.get() : nullptr;
  }

  std::unique_ptr<T> Remove(int32_t handle) {
    if (Find(handle) == nullptr) return nullptr;
    const uint32_t index = static_cast<uint32_t>(handle) & kIndexMask;
    Slot& slot = slots_[index];
    slot.generation = (slot.generation + 1) & kGenerationMask;
    (free_++ > 0 ? slots_[last_free_].next_free : first_free_) = index;
    last_free_ = index;
    return std::move(slot.object);
  }

  template <class Visit>
  void ForEach(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.object) visit(*slot.object);
    }
  }

  // Removes all objects for which `matches` returns true, from the highest index to the lowest.
  template <class Matches>
  void RemoveIf(Matches matches) {
    for (size_t i = slots_.size(); i-- > 0;) {
      if (slots_[i].object && matches(*slots_[i].object)) {
        Remove(static_cast<int32_t>(slots_[i].generation << kIndexBits | static_cast<uint32_t>(i)));
      }
    }
  }

 private:
  static constexpr uint32_t kIndexBits = 20;
  static constexpr uint32_t kIndexMask = (1u << kIndexBits) - 1;
  static constexpr uint32_t kGenerationMask = (1u << (31 - kIndexBits)) - 1;
  static constexpr size_t kLeastFree = 64;

  struct Slot {
    std::unique_ptr<T> object;
    uint32_t generation = 0;
    uint32_t next_free = 0;
  };
  std::vector<Slot> slots_;
  // How many slots are free, and the ends of the list of free slots.
  size_t free_ = 0;
  uint32_t first_free_ = 0;
  uint32_t last_free_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_HANDLES_H_
