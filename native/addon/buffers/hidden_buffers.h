// What V8 is not told of leased Buffers.
#ifndef LEASEHOLD_ADDON_HIDDEN_BUFFERS_H_
#define LEASEHOLD_ADDON_HIDDEN_BUFFERS_H_

#include <cstddef>
#include <cstdint>

#include "addon/node_addon_api.h"

namespace leasehold {

// V8 begins a full collection whenever ArrayBuffers outside of its heap have grown by 64 MB, and cannot know that a
// mapping takes no memory until it is written to: with Buffers of a megabyte these collections take more time than all
// else. So those of mappings are hidden from it until there are a good many, and then it is told of all at once, which
// is one collection. It is told earlier if the process's own memory grows meanwhile, since that may be pages of theirs
// that were written to. Where the system does not tell how large that is, nothing is hidden.
//
// What is hidden need not be alive: V8 may have collected it and counted it off. So that its count never falls below
// zero, which some versions end the process for, it is first told of as much as will ever be hidden, once and for all.
class HiddenBuffers {
 public:
  explicit HiddenBuffers(Napi::Env env) : env_(env) {}

  // Hides the Buffer of a mapping, which V8 counts as so many bytes.
  void Hide(size_t bytes) noexcept;
  // Tells V8 of those that are hidden, because they may have memory of their own from now on.
  void Tell() noexcept;

 private:
  // How many bytes may be hidden at a time.
  static constexpr size_t kMost = size_t{512} << 20;
  // After so many further bytes the process's own memory is looked at; it may have grown by as much.
  static constexpr size_t kLookEvery = size_t{64} << 20;

  // Looks at the process's own memory.
  void Look() noexcept;

  const Napi::Env env_;
  bool begun_ = false;            // the first are not hidden: V8 does nothing for few
  size_t hidden_ = kMost;         // what V8 has to be told of; at first what there will never be
  size_t unlooked_ = 0;           // bytes of Buffers since the last look
  size_t own_memory_ = SIZE_MAX;  // from which on growth is measured
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_HIDDEN_BUFFERS_H_
