// The memory of leased Buffers that a thread has made, and what becomes of it when the thread ends.
#ifndef LEASEHOLD_ADDON_BUFFER_MEMORY_H_
#define LEASEHOLD_ADDON_BUFFER_MEMORY_H_

#include <memory>

#include "addon/node_addon_api.h"
#include "core/memory/mapping.h"

namespace leasehold {

// Node runs the finalizer of an ArrayBuffer's memory when nothing refers to the memory any more, in whichever thread it
// is by then: `buffer.transfer()` makes an ArrayBuffer that may be posted. But when the thread that made it ends, Node
// runs the finalizer in any case, and Node-API does not tell the two apart. Memory that another thread may have must
// stay mapped, for the rest of the process, since nobody would say when it is no longer needed.
//
// Node runs those finalizers before everything else at a thread's end, the newest first, and takes the memory from the
// ArrayBuffers meanwhile. So a sentinel is kept, an ArrayBuffer that is newer than all of them: its finalizer runs
// while the others have what they had, and memory that is not at the ArrayBuffer that it was made for may be anywhere.
// The main thread needs none: the process ends with it.
//
// Raw Node-API. Where Node refuses an external ArrayBuffer it may call the finalizer nevertheless, with what
// Napi::ArrayBuffer::New has freed by then; and Napi::Object::AddFinalizer gives no reference.
class BufferMemory {
 public:
  explicit BufferMemory(napi_env env) : env_(env) {}
  BufferMemory(const BufferMemory&) = delete;
  BufferMemory& operator=(const BufferMemory&) = delete;

  // Called once, in a thread that can end before the process.
  void WatchThread() { watches_ = true; }

  // An ArrayBuffer on a mapping, which holds it; null, with no exception pending, if none can be had.
  napi_value NewArrayBuffer(const std::shared_ptr<Mapping>& mapping, size_t length);

 private:
  struct Hold;
  struct Sentinel;

  static void OnMemoryFreed(napi_env env, void* data, void* hint);
  static void OnObjectCollected(napi_env env, void* data, void* hint);
  // Makes a new sentinel. False if none can be had.
  bool RenewSentinel();
  // Finds out which memory may be elsewhere.
  void OnThreadEnd();

  napi_env const env_;
  bool watches_ = false;
  Sentinel* sentinel_ = nullptr;
  Hold* first_ = nullptr;  // those whose memory has not been freed
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_BUFFER_MEMORY_H_
