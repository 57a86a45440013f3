#include "addon/hidden_buffers.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/own_memory.h"

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
  int64_t total;
  napi_adjust_external_memory(env_, -static_cast<int64_t>(bytes), &total);
}

void HiddenBuffers::Look() noexcept {
  const std::optional<size_t> own_memory = OwnMemory();
  if (own_memory) begun_ = true;
  if (own_memory && *own_memory < own_memory_ + kLookEvery) {
    own_memory_ = std::min(own_memory_, *own_memory);
    return;
  }
  own_memory_ = own_memory.value_or(0);
  Tell();
}

void HiddenBuffers::Tell() noexcept {
  if (!begun_ || hidden_ == 0) return;
  int64_t total;
  napi_adjust_external_memory(env_, static_cast<int64_t>(hidden_), &total);
  hidden_ = 0;
}

}  // namespace leasehold
