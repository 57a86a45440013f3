// Memory for many small pieces that are freed together.
#ifndef LEASEHOLD_CORE_ARENA_H_
#define LEASEHOLD_CORE_ARENA_H_

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

namespace leasehold {

class Arena {
 public:
  // Memory that is valid until the arena is destroyed; null if there is none, but not for 0 bytes. It is not aligned.
  uint8_t* Allocate(size_t size) {
    size = std::max<size_t>(size, 1);
    if (size > left_ && !Grow(size)) return nullptr;
    uint8_t* allocated = next_;
    next_ += size;
    left_ -= size;
    return allocated;
  }

 private:
  static constexpr size_t kFirstBytes = 512;
  static constexpr size_t kMostBytes = size_t{64} << 10;

  bool Grow(size_t size) {
    const size_t wanted = std::max(size, std::min(kMostBytes, kFirstBytes << std::min<size_t>(chunks_.size(), 16)));
    std::unique_ptr<uint8_t[]> chunk(new (std::nothrow) uint8_t[wanted]);
    if (!chunk) return false;
    next_ = chunk.get();
    left_ = wanted;
    chunks_.push_back(std::move(chunk));
    return true;
  }

  std::vector<std::unique_ptr<uint8_t[]>> chunks_;
  uint8_t* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_ARENA_H_
