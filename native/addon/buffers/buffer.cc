// Leased Buffers: ArrayBuffers of exactly one value, on memory that no write can carry anywhere else.
#include <string.h>

#include "addon/sources/to_source.h"
#include "addon/weak.h"

namespace leasehold {
namespace {

// Up to this many bytes, copying is cheaper than any mapping.
constexpr size_t kCopiedBuffer = 32 * 1024;

struct JsBuffer final : BufferLease {
  // The memory of a mapping can outlive its first ArrayBuffer, by a transfer.
  bool IsReachable() override { return mapping ? mapping->is_held() : leasehold::IsReachable(object); }

  Napi::ObjectReference object;  // weak; only to an ArrayBuffer that will be detached
};

// A plain ArrayBuffer with a copy; empty if Node-API refuses it.
Napi::ArrayBuffer Copied(Napi::Env env, Slice bytes) {
  auto buffer = Napi::ArrayBuffer::New(env, bytes.size);
  if (!buffer.IsEmpty() && bytes.size > 0) memcpy(buffer.Data(), bytes.data, bytes.size);
  return buffer;
}

// A mapping of the bytes, null if none can be had.
std::shared_ptr<Mapping> MapBytes(const ReadTransaction& transaction, Slice bytes) {
  const Database* database = transaction.database();
  mdb_filehandle_t fd;
  mdb_env_get_fd(database->env(), &fd);
  std::shared_ptr<Mapping> mapping;
  const Status status =
      Mapping::Map(fd, static_cast<size_t>(bytes.data - database->map().base()), bytes.size, &mapping);
  return status.ok() ? mapping : nullptr;
}

// Lends bytes by an ArrayBuffer. For want of a mapping it needs `memory`, an ArrayBuffer for a copy, and gives how many
// bytes; null stands for none. JavaScript makes that one: if there is no memory, V8 throws there, and ends the process
// here.
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
    // Mappings are released between turns of the event loop; plain memory when V8 collects it, in the middle of a job
    // too.
    if (buffer.IsEmpty()) {
      if (CanAllocate(bytes.size)) return FromDouble(addon->env, static_cast<double>(bytes.size));
      return addon->Throw(Status(ENOMEM), "cannot lend a Buffer", PathOf(*transaction));
    }
    addon->hidden_buffers.Hide(bytes.size);
  } else {
    buffer = Copied(addon->env, bytes);
    if (buffer.IsEmpty()) return addon->Throw(Status(ENOMEM), "cannot lend a Buffer", PathOf(*transaction));
  }
  // A copy that will not be detached needs no watching.
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

// Detaches the leased Buffers of a source. Gives back one that JavaScript is to detach: a plain copy or, if it can
// transfer them, any; JavaScript's null after the last.
Napi::Value DetachNext(Addon* addon, Source* source, bool can_transfer) {
  const Source::Watch watch(source);
  while (leasehold_node* first = leasehold_first(&source->buffers)) {
    const std::unique_ptr<JsBuffer> lease(static_cast<JsBuffer*>(first));
    // Off the list before sinks of other addons are told.
    lease->Leave();
    if (lease->mapping) leasehold_end(&lease->mapping->source);
    const auto buffer = lease->object.Value().As<Napi::ArrayBuffer>();
    const bool is_detached = buffer.IsEmpty() || buffer.IsDetached();
    // Whoever has the memory still (another ArrayBuffer by a transfer, the thread pool, a socket) reads zeros from now
    // on, and not what later commits put there.
    if (lease->mapping) lease->mapping->Zero();
    if (!is_detached) {
      if (can_transfer || !lease->mapping) return buffer;
      // Raw Node-API: what cannot be detached is no error of this call.
      napi_detach_arraybuffer(addon->env, buffer);
    }
    if (watch.gone()) break;
  }
  return Null(addon->env);
}

// detachBuffers(source, canTransfer): detaches the leased Buffers of a source under `invalidate`, and tells the sinks
// of other addons that are left on its list. Gives back one at a time, null after the last, those that JavaScript has
// to detach, so that no memory is freed that somebody reads: plain copies, and all if it can transfer them.
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
