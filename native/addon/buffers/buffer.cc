// Leased Buffers: ArrayBuffers with exactly one value. A write to such an ArrayBuffer never changes anything else.
#include <string.h>

#include "addon/sources/to_source.h"
#include "addon/weak.h"

namespace leasehold {
namespace {

// Up to this many bytes, a copy is faster than a mapping.
constexpr size_t kCopiedBuffer = 32 * 1024;

struct JsBuffer final : BufferLease {
  // After a transfer, the memory of a mapping outlives the first ArrayBuffer.
  bool IsReachable() override { return mapping ? mapping->is_held() : leasehold::IsReachable(object); }

  Napi::ObjectReference object;  // weak; empty for an ArrayBuffer that will not be detached
};

// A plain ArrayBuffer with a copy of the bytes; empty if Node-API refuses it.
Napi::ArrayBuffer Copied(Napi::Env env, Slice bytes) {
  auto buffer = Napi::ArrayBuffer::New(env, bytes.size);
  if (!buffer.IsEmpty() && bytes.size > 0) memcpy(buffer.Data(), bytes.data, bytes.size);
  return buffer;
}

// A mapping of the bytes; null if it could not be made.
std::shared_ptr<Mapping> MapBytes(const ReadTransaction& transaction, Slice bytes) {
  const Database* database = transaction.database();
  mdb_filehandle_t fd;
  mdb_env_get_fd(database->env(), &fd);
  std::shared_ptr<Mapping> mapping;
  const Status status =
      Mapping::Map(fd, static_cast<size_t>(bytes.data - database->map().base()), bytes.size, &mapping);
  return status.ok() ? mapping : nullptr;
}

// Lends bytes as an ArrayBuffer. If they cannot be mapped, returns how many they are: then JavaScript must make an
// ArrayBuffer of that size and pass it as `memory`, which is undefined in the first call. JavaScript makes it since V8
// throws there if it finds no memory; here it would end the process.
Napi::Value LendBytes(Addon* addon, ReadTransaction* transaction, Slice bytes, Napi::Value memory) {
  const size_t to_copy = bytes.size > kCopiedBuffer && !transaction->invalidate() ? bytes.size : 0;
  const Status budget = CheckBudget(addon, transaction, to_copy);
  if (!budget.ok()) return addon->Throw(budget, "cannot lend a Buffer", PathOf(*transaction));
  std::shared_ptr<Mapping> mapping;
  Napi::ArrayBuffer buffer;
  if (!memory.IsUndefined()) {
    buffer = memory.As<Napi::ArrayBuffer>();
    if (!memory.IsArrayBuffer() || buffer.ByteLength() != bytes.size) {
      return addon->ThrowType("the memory must be an ArrayBuffer of the value's size");
    }
    if (bytes.size > 0) memcpy(buffer.Data(), bytes.data, bytes.size);
  } else if (bytes.size > kCopiedBuffer) {
    mapping = MapBytes(*transaction, bytes);
    if (mapping) buffer = Napi::ArrayBuffer(addon->env, addon->buffer_memory.NewArrayBuffer(mapping, bytes.size));
    // A mapping is released only between turns of the event loop. V8 releases plain memory when it collects garbage,
    // also in the middle of a turn. So a copy may be possible where a mapping is not.
    if (buffer.IsEmpty()) {
      if (CanAllocate(bytes.size)) return FromDouble(addon->env, static_cast<double>(bytes.size));
      return addon->Throw(Status(ENOMEM), "cannot lend a Buffer", PathOf(*transaction));
    }
    addon->hidden_buffers.Hide(bytes.size);
  } else {
    buffer = Copied(addon->env, bytes);
    if (buffer.IsEmpty()) return addon->Throw(Status(ENOMEM), "cannot lend a Buffer", PathOf(*transaction));
  }
  // A copy that will not be detached needs no lease.
  if (!mapping && !transaction->invalidate()) return buffer;
  auto* lease = new JsBuffer();
  if (transaction->invalidate()) lease->object = Napi::Weak(buffer.As<Napi::Object>());
  lease->mapping = std::move(mapping);
  lease->bytes = to_copy;
  transaction->source.Add(lease);
  return buffer;
}

// getBuffer(transaction, collection, keyOffset, keyLength, memory)
Napi::Value GetBuffer(const Napi::CallbackInfo& info) {
  const Arguments<5> arguments(info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  Slice key;
  if (!arguments.AnyTransaction(0, &transaction) ||
      !arguments.Collection(1, *transaction->environment(), &collection) || !arguments.Io(2, &key)) {
    return {};
  }
  MDB_val value;
  const Status status = transaction->Get(collection, key, &value);
  if (status.code() == MDB_NOTFOUND) return Null(info.Env());
  if (!status.ok()) return addon->Throw(status, "getBuffer() of '" + collection->name + "'");
  if (transaction->is_write()) return addon->ThrowType("argument 0 must be a read transaction");
  return LendBytes(addon, static_cast<ReadTransaction*>(transaction), ToSlice(value), info[4]);
}

// lendBuffer(transaction, window, offset, length, memory)
Napi::Value LendBuffer(const Napi::CallbackInfo& info) {
  const Arguments<5> arguments(info);
  ReadTransaction* transaction;
  uint32_t window;
  uint64_t offset;
  uint64_t length;
  if (!arguments.LendingRead(0, &transaction) || !arguments.Uint32(1, &window) || !arguments.Size(2, &offset) ||
      !arguments.Size(3, &length)) {
    return {};
  }
  const size_t extent = transaction->WindowExtent(window);
  if (offset > extent || length > extent - offset) return arguments.addon()->ThrowType("these bytes were not lent");
  return LendBytes(arguments.addon(), transaction, Slice{transaction->WindowBase(window) + offset, length}, info[4]);
}

// lendCopy(source, buffer)
Napi::Value LendCopy(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Source* source;
  if (!ToSource(arguments, 0, &source) || !arguments.ArrayBuffer(1)) return {};
  if (source->expires == 0) return Done(info.Env());
  auto* lease = new JsBuffer();
  lease->object = Napi::Weak(info[1].As<Napi::Object>());
  source->Add(lease);
  return Done(info.Env());
}

// Detaches leased Buffers of a source, up to the first that JavaScript must detach, and returns that one: a plain copy,
// or any if JavaScript can transfer ArrayBuffers. Returns JavaScript's null after the last.
Napi::Value DetachNext(Addon* addon, Source* source, bool can_transfer) {
  const Source::Watch watch(source);
  while (leasehold_node* first = leasehold_first(&source->buffers)) {
    const std::unique_ptr<JsBuffer> lease(static_cast<JsBuffer*>(first));
    // Leave the list before sinks of other addons are told, since they can do anything.
    lease->Leave();
    if (lease->mapping) leasehold_end(&lease->mapping->source);
    const auto buffer = lease->object.Value().As<Napi::ArrayBuffer>();
    const bool is_detached = buffer.IsEmpty() || buffer.IsDetached();
    // Others may still have the memory: another ArrayBuffer after a transfer, the thread pool, a socket. From now on
    // they read zeros, and not what later commits write to these pages.
    if (lease->mapping) lease->mapping->Zero();
    if (!is_detached) {
      if (can_transfer || !lease->mapping) return buffer;
      // Raw Node-API: an ArrayBuffer that cannot be detached must not make this call throw.
      napi_detach_arraybuffer(addon->env, buffer);
    }
    if (watch.gone()) break;
  }
  return Null(addon->env);
}

// detachBuffers(source, canTransfer): for a source with `invalidate`. Tells the sinks of other addons, and detaches the
// leased Buffers. JavaScript detaches some of them, without freeing memory that somebody may read: plain copies, and
// all Buffers if it can transfer them. Each call returns one of these, and null after the last.
Napi::Value DetachBuffers(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  bool can_transfer;
  Source* source;
  if (!ToSource(arguments, 0, &source) || !arguments.Bool(1, &can_transfer)) return {};
  if (source->expires != 0 && source->length > 0) {
    const Source::Watch watch(source);
    leasehold_revoke(source);
    if (watch.gone()) return Null(info.Env());
  }
  return DetachNext(arguments.addon(), source, can_transfer);
}

// watchThreadEnd(): this thread can end before the process.
Napi::Value WatchThreadEnd(const Napi::CallbackInfo& info) {
  const Arguments<0> arguments(info);
  arguments.addon()->buffer_memory.WatchThread();
  return Done(info.Env());
}

}  // namespace

Functions BufferFunctions() {
  return {{"getBuffer", Callback<GetBuffer>},
          {"lendBuffer", Callback<LendBuffer>},
          {"lendCopy", Callback<LendCopy>},
          {"detachBuffers", Callback<DetachBuffers>},
          {"watchThreadEnd", Callback<WatchThreadEnd>}};
}

}  // namespace leasehold
