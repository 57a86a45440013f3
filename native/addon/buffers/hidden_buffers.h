// Hides the memory of leased Buffers from V8.
#ifndef LEASEHOLD_ADDON_HIDDEN_BUFFERS_H_
#define LEASEHOLD_ADDON_HIDDEN_BUFFERS_H_

#include <cstddef>
#include <cstdint>

#include "addon/node_addon_api.h"

namespace leasehold {

// V8 begins a full collection whenever external ArrayBuffers have grown by 64 MB. It cannot know that a mapping takes
// no memory until it is written to. With Buffers of a megabyte, these collections take more time than all other work.
// So the Buffers of mappings are hidden from V8 until there are many. Then V8 is told about all of them at once, which
// makes one collection. V8 is told earlier if the process's own memory grows, since programs may have written to
// mappings. If the system does not tell how large that memory is, nothing is hidden.
//
// Hidden Buffers need not be alive: V8 may have collected them, and subtracted their size. Some versions of V8 end the
// process if their count falls below zero. So V8 is first told once about as much memory as will ever be hidden.
class HiddenBuffers {
 public:
  explicit HiddenBuffers(Napi::Env env) : env_(env) {}

  // Hides the Buffer of a mapping, for which V8 counts `bytes`.
  void Hide(size_t bytes) noexcept;
  // Tells V8 about all hidden Buffers. To be called when they may have got memory of their own.
  void Tell() noexcept;

 private:
  // The most bytes that can be hidden at a time.
  static constexpr size_t kMost = size_t{512} << 20;
  // After this many further bytes, the process's own memory is looked at. It may have grown by as much without effect.
  static constexpr size_t kLookEvery = size_t{64} << 20;

  // Looks at the process's own memory, and tells V8 if it has grown.
  void Look() noexcept;

  const Napi::Env env_;
  bool begun_ = false;            // the first Buffers are not hidden: few of them do not make V8 collect
  size_t hidden_ = kMost;         // bytes about which V8 has to be told; at first the reserve, see above
  size_t unlooked_ = 0;           // bytes of Buffers since the last look
  size_t own_memory_ = SIZE_MAX;  // the size of the process's own memory from which growth is measured
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_HIDDEN_BUFFERS_H_
