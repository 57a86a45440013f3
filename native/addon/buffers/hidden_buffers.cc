#include "addon/buffers/hidden_buffers.h"

#include <algorithm>
#include <optional>

#include "core/memory/own_memory.h"

namespace leasehold {

void HiddenBuffers::Hide(size_t bytes) noexcept {
  unlooked_ += bytes;
  if (unlooked_ >= kLookEvery) {
    unlooked_ = 0;
    Look();
  }
  if (!begun_ || bytes > kMost) return;
  if (bytes > kMost - hidden_) Tell();
  hidden_ += bytes;
  Napi::MemoryManagement::AdjustExternalMemory(env_, -static_cast<int64_t>(bytes));
}

void HiddenBuffers::Look() noexcept {
  const std::optional<size_t> now = OwnMemory();
  if (now) {
    begun_ = true;
    own_memory_ = std::min(own_memory_, *now);
    if (*now - own_memory_ < kLookEvery) return;
  }
  own_memory_ = now.value_or(SIZE_MAX);
  Tell();
}

void HiddenBuffers::Tell() noexcept {
  if (!begun_ || hidden_ == 0) return;
  Napi::MemoryManagement::AdjustExternalMemory(env_, static_cast<int64_t>(hidden_));
  hidden_ = 0;
}

}  // namespace leasehold
