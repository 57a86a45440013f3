#include "addon/buffers/buffer_memory.h"

namespace leasehold {
namespace {

void ClearException(napi_env env) {
  napi_value exception;
  napi_get_and_clear_last_exception(env, &exception);
}

}  // namespace

// Holds a mapping for an ArrayBuffer. It has two parts: the memory and the object. It is deleted after both have gone.
struct BufferMemory::Hold {
  Hold(BufferMemory* its_owner, std::shared_ptr<Mapping> its_mapping)
      : owner(its_owner), mapping(std::move(its_mapping)), next(owner->first_) {
    if (next != nullptr) next->previous = this;
    owner->first_ = this;
  }
  void Unlink() {
    (previous == nullptr ? owner->first_ : previous->next) = next;
    if (next != nullptr) next->previous = previous;
  }
  void Release() {
    mapping->Release();
    if (--parts == 0) delete this;
  }
  // The finalizer of the memory does nothing after this, if Node calls it at all.
  void Abandon() {
    Unlink();
    abandoned = true;
  }

  BufferMemory* const owner;
  std::shared_ptr<Mapping> mapping;
  Hold* previous = nullptr;
  Hold* next;
  int parts = 2;
  napi_ref object = nullptr;  // weak; null once the object has been collected
  // Then the mapping stays for the rest of the process: another thread may have the memory.
  bool abandoned = false;
};

struct BufferMemory::Sentinel {
  BufferMemory* owner;  // null once there is a newer one
  napi_ref object;
};

void BufferMemory::OnMemoryFreed(napi_env, void*, void* hint) {
  auto* hold = static_cast<Hold*>(hint);
  if (hold->abandoned) return;
  hold->Unlink();
  hold->Release();
}

void BufferMemory::OnObjectCollected(napi_env env, void*, void* hint) {
  auto* hold = static_cast<Hold*>(hint);
  napi_delete_reference(env, hold->object);
  hold->object = nullptr;
  hold->Release();
}

napi_value BufferMemory::NewArrayBuffer(const std::shared_ptr<Mapping>& mapping, size_t length) {
  napi_value buffer;
  auto* hold = new Hold(this, mapping);
  if (napi_create_external_arraybuffer(env_, mapping->data(), length, OnMemoryFreed, hold, &buffer) != napi_ok) {
    // Node may nevertheless have made an ArrayBuffer, and call its finalizer later. So the hold stays, without the
    // mapping.
    hold->Abandon();
    hold->mapping = nullptr;
    ClearException(env_);
    return nullptr;
  }
  if (napi_add_finalizer(env_, buffer, hold, OnObjectCollected, hold, &hold->object) != napi_ok) {
    hold->Release();
    return nullptr;
  }
  if (watches_ && !RenewSentinel()) {
    // Nobody gets the ArrayBuffer, so no other thread can have the memory. It is freed when the ArrayBuffer is
    // collected.
    ClearException(env_);
    return nullptr;
  }
  return buffer;
}

bool BufferMemory::RenewSentinel() {
  static uint8_t byte;
  auto* sentinel = new Sentinel{this, nullptr};
  const auto finalize = [](napi_env, void*, void* hint) {
    const std::unique_ptr<Sentinel> ended(static_cast<Sentinel*>(hint));
    if (ended->owner != nullptr) ended->owner->OnThreadEnd();
  };
  napi_value buffer;
  if (napi_create_external_arraybuffer(env_, &byte, 1, finalize, sentinel, &buffer) != napi_ok) {
    sentinel->owner = nullptr;  // Node may still call the finalizer
    return false;
  }
  if (sentinel_ != nullptr) {
    sentinel_->owner = nullptr;
    napi_delete_reference(env_, sentinel_->object);
  }
  sentinel_ = sentinel;
  return napi_create_reference(env_, buffer, 1, &sentinel->object) == napi_ok;
}

void BufferMemory::OnThreadEnd() {
  sentinel_ = nullptr;
  for (Hold* hold = first_; hold != nullptr;) {
    Hold* const next = hold->next;
    napi_value buffer = nullptr;
    bool detached = true;
    if (hold->object != nullptr && napi_get_reference_value(env_, hold->object, &buffer) == napi_ok &&
        buffer != nullptr) {
      napi_is_detached_arraybuffer(env_, buffer, &detached);
    }
    if (detached) hold->Abandon();
    hold = next;
  }
}

}  // namespace leasehold
