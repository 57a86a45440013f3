#include "addon/sources/buffer_source.h"

namespace leasehold {
namespace {

// Sinks of other addons may refuse to copy any number of times, since no reader slot waits for them.
constexpr int kAnyRefusals = 0;

const leasehold_source_descriptor kBufferSource = LEASEHOLD_SOURCE_DESCRIPTOR(leasehold_block_contains);

// Makes JavaScript take back all that a relay has lent. False if a lease has expired, or if JavaScript cannot run.
bool TakeBack(const Addon& addon, Napi::Object relay) {
  if (addon.take_back.IsEmpty()) return false;
  const Napi::Value moved = addon.take_back.Call({relay});
  // Nobody could catch an exception here.
  if (addon.env.IsExceptionPending()) addon.env.GetAndClearPendingException();
  return !moved.IsEmpty() && moved.IsBoolean() && moved.As<Napi::Boolean>();
}

}  // namespace

const leasehold_sink_descriptor BufferSource::kUpstreamSink =
    LEASEHOLD_SINK_DESCRIPTOR([](leasehold_source*, leasehold_node* node) {
      return static_cast<int>(static_cast<Node*>(node)->source->OnUpstreamEnd());
    });

const leasehold_sink_descriptor BufferSource::kExitSink =
    LEASEHOLD_SINK_DESCRIPTOR([](leasehold_source*, leasehold_node* node) {
      BufferSource* source = static_cast<Node*>(node)->source;
      leasehold_cancel(&source->upstream_);
      source->End();
      return 1;
    });

BufferSource::BufferSource(Addon* addon, bool invalidate)
    : Source(&kBufferSource, nullptr, 0, invalidate, nullptr, kAnyRefusals),
      addon_(addon),
      upstream_(&kUpstreamSink, this),
      exit_(&kExitSink, this) {
  leasehold_link(&addon->exit, &exit_);
}

BufferSource::~BufferSource() {
  leasehold_cancel(&upstream_);
  leasehold_unlink(&exit_);
  End();
}

BufferSource* BufferSource::Of(napi_env env, napi_value object) {
  auto* source = static_cast<leasehold_source*>(leasehold_unwrap(env, object, &leasehold_source_tag));
  return source != nullptr && source->descriptor == &kBufferSource ? static_cast<BufferSource*>(source) : nullptr;
}

bool BufferSource::Wrap(Addon* addon, napi_value object, std::unique_ptr<BufferSource> source) {
  const auto finalize = [](napi_env, void* data, void*) {
    delete static_cast<BufferSource*>(static_cast<leasehold_source*>(data));
  };
  if (leasehold_wrap_source(addon->env, object, source.get(), finalize, nullptr) != napi_ok) {
    addon->ThrowType("the object is wrapped already");
    return false;
  }
  source.release();
  return true;
}

Slice BufferSource::Window(uint64_t window) const {
  if (window > size) return Slice();
  return Slice{static_cast<const uint8_t*>(data) + window, size - window};
}

void BufferSource::SetMemory(napi_value buffer) {
  Napi::ArrayBuffer memory(addon_->env, buffer);
  data = memory.Data();
  size = memory.ByteLength();
  memory_ = Napi::Persistent(memory.As<Napi::Object>());
}

int BufferSource::Relay(leasehold_source* upstream, napi_value object) {
  if (upstream->data == nullptr) return LEASEHOLD_NOT_LENT;
  const int status = leasehold_listen(upstream, &upstream_, upstream->data, 0);
  if (status == LEASEHOLD_OK) object_ = Napi::Weak(Napi::Object(addon_->env, object));
  return status;
}

int BufferSource::Check(uint64_t offset, uint64_t length) const {
  const bool is_cut_off = !object_.IsEmpty() && !leasehold_is_listening(&upstream_);
  if (ended || is_cut_off) return LEASEHOLD_ENDED;
  if (offset > size || length > size - offset) return LEASEHOLD_NOT_LENT;
  const leasehold_source* upstream = upstream_.owner;
  if (upstream == nullptr) return LEASEHOLD_OK;
  const auto* place = static_cast<const uint8_t*>(upstream->data) + offset;
  return upstream->descriptor->contains(upstream, place, length) ? LEASEHOLD_OK : LEASEHOLD_NOT_LENT;
}

bool BufferSource::OnUpstreamEnd() {
  const Napi::HandleScope scope(addon_->env);
  bool moved = true;
  if (lent() > 0) {
    // This reference keeps the finalizer from running.
    const Napi::Object object = object_.Value();
    if (!object.IsEmpty()) moved = TakeBack(*addon_, object);
  }
  End();
  // Detach the window in any case: if JavaScript could not run, leases that read it have not expired.
  if (!memory_.IsEmpty()) memory_.Value().As<Napi::ArrayBuffer>().Detach();
  return moved;
}

}  // namespace leasehold
