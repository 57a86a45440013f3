// A source that lends the memory of an ArrayBuffer.
#ifndef LEASEHOLD_ADDON_BUFFER_SOURCE_H_
#define LEASEHOLD_ADDON_BUFFER_SOURCE_H_

#include <memory>

#include "addon/addon.h"
#include "core/memory/source.h"

namespace leasehold {

// Lends an ArrayBuffer. It belongs to the JavaScript object that is wrapped around it, which every lease on it keeps
// alive. It ends at the latest in that object's finalizer, or with the thread.
//
// A relay is one whose memory another addon's object lends: it stands on that object's list, one node for all its
// leases.
class BufferSource final : public Source {
 public:
  BufferSource(Addon* addon, bool invalidate);
  ~BufferSource() override;

  // The one that an object is wrapped around, null if that is something else.
  static BufferSource* Of(napi_env env, napi_value object);
  // Wraps an object around a source, which other addons find by it too. False, with an exception pending, if the object
  // is wrapped around something.
  static bool Wrap(Addon* addon, napi_value object, std::unique_ptr<BufferSource> source);

  // A window is a place in the ArrayBuffer: offsets count from there to its end.
  Slice Window(uint64_t window) const override;
  void SetMemory(napi_value buffer);

  // Makes it a relay of what another addon lends: one of the protocol's statuses.
  int Relay(leasehold_source* upstream, napi_value object);
  // Whether it lends these bytes: one of the protocol's statuses.
  int Check(uint64_t offset, uint64_t length) const;

  // The lease that slices are added to, null if the next one needs another.
  Lease* open = nullptr;
  size_t open_rows = 0;  // that its table has room for

 private:
  struct Node : leasehold_node {
    Node(const leasehold_sink_descriptor* kind, BufferSource* its_source)
        : leasehold_node{nullptr, nullptr, nullptr, kind}, source(its_source) {}
    BufferSource* const source;
  };
  static const leasehold_sink_descriptor kUpstreamSink;
  static const leasehold_sink_descriptor kExitSink;

  // What another addon has lent goes. True if everything that reads it has bytes of its own now.
  bool OnUpstreamEnd();

  Addon* const addon_;            // not to be used by the destructor: it may be gone before
  Napi::ObjectReference memory_;  // the ArrayBuffer
  Napi::ObjectReference object_;  // a relay's JavaScript object, weak
  Node upstream_;                 // a relay's node on the list of the other addon's source
  Node exit_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_BUFFER_SOURCE_H_
