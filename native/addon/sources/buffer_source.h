// A source that lends the memory of an ArrayBuffer.
#ifndef LEASEHOLD_ADDON_BUFFER_SOURCE_H_
#define LEASEHOLD_ADDON_BUFFER_SOURCE_H_

#include <memory>

#include "addon/addon.h"
#include "core/memory/source.h"

namespace leasehold {

// Lends an ArrayBuffer. The source belongs to the JavaScript object that wraps it, which every lease of the source
// keeps alive. The source ends at the latest in that object's finalizer, or with the thread.
//
// A relay is a source that lends the memory of an object of another addon. It has one node on that object's list, for
// all its leases.
class BufferSource final : public Source {
 public:
  BufferSource(Addon* addon, bool invalidate);
  ~BufferSource() override;

  // The source that an object wraps; null if the object wraps nothing, or something else.
  static BufferSource* Of(napi_env env, napi_value object);
  // Makes an object wrap a source; other addons find the source by that object too. False, with an exception pending,
  // if the object already wraps something.
  static bool Wrap(Addon* addon, napi_value object, std::unique_ptr<BufferSource> source);

  // A window begins at byte `window` of the ArrayBuffer, and ends with it.
  Slice Window(uint64_t window) const override;
  void SetMemory(napi_value buffer);

  // Makes this a relay of another addon's source. Returns a status of the protocol.
  int Relay(leasehold_source* upstream, napi_value object);
  // Whether the source lends these bytes. Returns a status of the protocol.
  int Check(uint64_t offset, uint64_t length) const;

  // The lease to which slices are added; null if the next slice needs a new one.
  Lease* open = nullptr;
  size_t open_rows = 0;  // how many rows its table has room for

 private:
  struct Node : leasehold_node {
    Node(const leasehold_sink_descriptor* kind, BufferSource* its_source)
        : leasehold_node{nullptr, nullptr, nullptr, kind}, source(its_source) {}
    BufferSource* const source;
  };
  static const leasehold_sink_descriptor kUpstreamSink;
  static const leasehold_sink_descriptor kExitSink;

  // Called when the other addon takes back its memory. True if everything that read it now has bytes of its own.
  bool OnUpstreamEnd();

  Addon* const addon_;            // the destructor must not use it: the addon may already be deleted
  Napi::ObjectReference memory_;  // the ArrayBuffer
  Napi::ObjectReference object_;  // a relay's JavaScript object, weak
  Node upstream_;                 // a relay's node on the list of the other addon's source
  Node exit_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_BUFFER_SOURCE_H_
