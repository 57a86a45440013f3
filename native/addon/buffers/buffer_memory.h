// The memory of the leased Buffers that a thread has made, and what happens to it at the end of the thread.
#ifndef LEASEHOLD_ADDON_BUFFER_MEMORY_H_
#define LEASEHOLD_ADDON_BUFFER_MEMORY_H_

#include <memory>

#include "addon/node_addon_api.h"
#include "core/memory/mapping.h"

namespace leasehold {

// Node runs the finalizer of an ArrayBuffer's memory when nothing refers to the memory any more. By then the memory can
// be in another thread: `buffer.transfer()` makes an ArrayBuffer that can be posted. But at the end of the thread that
// made the memory, Node runs the finalizer in any case, and the finalizer cannot know which case it is. Memory that
// another thread may have must stay mapped for the rest of the process, since nobody says when it is no longer needed.
//
// At the end of a thread, Node first runs these finalizers, beginning with the newest, and takes the memory from each
// ArrayBuffer. So there is a sentinel: an ArrayBuffer that is newer than all others. When its finalizer runs, the
// others still have their memory. If memory is no longer at the ArrayBuffer for which it was made, another thread may
// have it. The main thread needs no sentinel, since the process ends with it.
//
// Raw Node-API, for two reasons. If Node refuses an external ArrayBuffer, it may still call the finalizer, with data
// that Napi::ArrayBuffer::New has already freed. And Napi::Object::AddFinalizer returns no reference.
class BufferMemory {
 public:
  explicit BufferMemory(napi_env env) : env_(env) {}
  BufferMemory(const BufferMemory&) = delete;
  BufferMemory& operator=(const BufferMemory&) = delete;

  // To be called once, in a thread that can end before the process.
  void WatchThread() { watches_ = true; }

  // An ArrayBuffer on a mapping, which keeps the mapping; null, with no exception pending, if it could not be made.
  napi_value NewArrayBuffer(const std::shared_ptr<Mapping>& mapping, size_t length);

 private:
  struct Hold;
  struct Sentinel;

  static void OnMemoryFreed(napi_env env, void* data, void* hint);
  static void OnObjectCollected(napi_env env, void* data, void* hint);
  // Makes a new sentinel. False if it could not be made.
  bool RenewSentinel();
  // Finds the memory that another thread may have, and makes it stay mapped.
  void OnThreadEnd();

  napi_env const env_;
  bool watches_ = false;
  Sentinel* sentinel_ = nullptr;
  Hold* first_ = nullptr;  // the holds whose memory has not been freed
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_BUFFER_MEMORY_H_
