// Leased Buffers: ArrayBuffers of exactly one value, on memory that no write can carry anywhere else.
#include <string.h>

#include "addon/sources/to_source.h"

namespace leasehold {
namespace {

// Up to this many bytes, copying is cheaper than any mapping.
constexpr size_t kCopiedBuffer = 32 * 1024;

struct JsBuffer final : BufferLease {
  explicit JsBuffer(napi_env node_env) : env(node_env) {}
  ~JsBuffer() override {
    if (reference != nullptr) napi_delete_reference(env, reference);
  }

  void SetObject(napi_value buffer) { napi_create_reference(env, buffer, 0, &reference); }
  napi_value Object() const {
    napi_value object = nullptr;
    if (reference != nullptr) napi_get_reference_value(env, reference, &object);
    return object;
  }
  // The memory of a mapping can outlive its first ArrayBuffer, by a transfer.
  bool IsReachable() override {
    if (mapping) return mapping->is_held();
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    const bool reachable = Object() != nullptr;
    napi_close_handle_scope(env, scope);
    return reachable;
  }

  napi_env const env;
  napi_ref reference = nullptr;  // weak; only to an ArrayBuffer that will be detached
};

// A plain ArrayBuffer with a copy.
napi_value Copied(napi_env env, Slice bytes) {
  void* data;
  napi_value buffer;
  if (napi_create_arraybuffer(env, bytes.size, &data, &buffer) != napi_ok) return nullptr;
  if (bytes.size > 0) memcpy(data, bytes.data, bytes.size);
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
napi_value LendBytes(Addon* addon, ReadTransaction* transaction, Slice bytes, napi_value memory) {
  const size_t to_copy = bytes.size > kCopiedBuffer && !transaction->invalidate() ? bytes.size : 0;
  const Status budget = CheckBudget(addon, transaction, to_copy);
  if (!budget.ok()) return addon->Throw(budget, "cannot lend a Buffer", PathOf(*transaction));
  std::shared_ptr<Mapping> mapping;
  napi_value buffer = nullptr;
  if (memory != nullptr) {
    void* target;
    size_t size;
    if (napi_get_arraybuffer_info(addon->env, memory, &target, &size) != napi_ok || size != bytes.size) {
      return addon->ThrowType("the memory must be an ArrayBuffer of the value's size");
    }
    if (size > 0) memcpy(target, bytes.data, size);
    buffer = memory;
  } else if (bytes.size > kCopiedBuffer) {
    mapping = MapBytes(*transaction, bytes);
    if (mapping) buffer = addon->buffer_memory.NewArrayBuffer(mapping, bytes.size);
    // Mappings are released between turns of the event loop; plain memory when V8 collects it, in the middle of a job
    // too.
    if (buffer == nullptr) {
      if (CanAllocate(bytes.size)) return FromDouble(addon->env, static_cast<double>(bytes.size));
      return addon->Throw(Status(ENOMEM), "cannot lend a Buffer", PathOf(*transaction));
    }
    addon->hidden_buffers.Hide(bytes.size);
  } else {
    buffer = Copied(addon->env, bytes);
    if (buffer == nullptr) return addon->Throw(Status(ENOMEM), "cannot lend a Buffer", PathOf(*transaction));
  }
  // A copy that will not be detached needs no watching.
  if (!mapping && !transaction->invalidate()) return buffer;
  auto* lease = new JsBuffer(addon->env);
  if (transaction->invalidate()) lease->SetObject(buffer);
  lease->mapping = std::move(mapping);
  lease->bytes = to_copy;
  transaction->source.Add(lease);
  return buffer;
}

// getBuffer(transaction, collection, keyOffset, keyLength, memory)
napi_value GetBuffer(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  Slice key;
  if (!arguments.AnyTransaction(0, &transaction) ||
      !arguments.Collection(1, *transaction->environment(), &collection) || !arguments.Io(2, &key)) {
    return nullptr;
  }
  MDB_val value;
  const Status status = transaction->Get(collection, key, &value);
  if (status.code() == MDB_NOTFOUND) return Null(env);
  if (!status.ok()) return addon->Throw(status, "getBuffer() of '" + collection->name + "'");
  if (transaction->is_write()) return addon->ThrowType("argument 0 must be a read transaction");
  return LendBytes(addon, static_cast<ReadTransaction*>(transaction), ToSlice(value),
                   arguments.IsUndefined(4) ? nullptr : arguments[4]);
}

// lendBuffer(transaction, window, offset, length, memory)
napi_value LendBuffer(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  ReadTransaction* transaction;
  uint32_t window;
  uint64_t offset;
  uint64_t length;
  if (!arguments.LendingRead(0, &transaction) || !arguments.Uint32(1, &window) || !arguments.Size(2, &offset) ||
      !arguments.Size(3, &length)) {
    return nullptr;
  }
  const size_t extent = transaction->WindowExtent(window);
  if (offset > extent || length > extent - offset) return arguments.addon()->ThrowType("these bytes were not lent");
  return LendBytes(arguments.addon(), transaction, Slice{transaction->WindowBase(window) + offset, length},
                   arguments.IsUndefined(4) ? nullptr : arguments[4]);
}

// lendCopy(source, buffer)
napi_value LendCopy(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Source* source;
  if (!ToSource(arguments, 0, &source)) return nullptr;
  bool is_array_buffer = false;
  if (napi_is_arraybuffer(env, arguments[1], &is_array_buffer) != napi_ok || !is_array_buffer) {
    return arguments.addon()->ThrowType("argument 1 must be an ArrayBuffer");
  }
  if (source->expires == 0) return Done(env);
  auto* lease = new JsBuffer(env);
  lease->SetObject(arguments[1]);
  source->Add(lease);
  return Done(env);
}

// Detaches the leased Buffers of a source. Gives back one that JavaScript is to detach: a plain copy or, if it can
// transfer them, any; JavaScript's null after the last.
napi_value DetachNext(Addon* addon, Source* source, bool can_transfer) {
  const Source::Watch watch(source);
  while (leasehold_node* first = leasehold_first(&source->buffers)) {
    const std::unique_ptr<JsBuffer> lease(static_cast<JsBuffer*>(first));
    // Off the list before sinks of other addons are told.
    lease->Leave();
    if (lease->mapping) leasehold_end(&lease->mapping->source);
    napi_value buffer = lease->Object();
    bool detached = true;
    if (buffer != nullptr) napi_is_detached_arraybuffer(addon->env, buffer, &detached);
    // Whoever has the memory still (another ArrayBuffer by a transfer, the thread pool, a socket) reads zeros from now
    // on, and not what later commits put there.
    if (lease->mapping) lease->mapping->Zero();
    if (!detached) {
      if (can_transfer || !lease->mapping) return buffer;
      napi_detach_arraybuffer(addon->env, buffer);
    }
    if (watch.gone()) break;
  }
  return Null(addon->env);
}

// detachBuffers(source, canTransfer): detaches the leased Buffers of a source under `invalidate`, and tells the sinks
// of other addons that are left on its list. Gives back one at a time, null after the last, those that JavaScript has
// to detach, so that no memory is freed that somebody reads: plain copies, and all if it can transfer them.
napi_value DetachBuffers(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  bool can_transfer;
  Source* source;
  if (!ToSource(arguments, 0, &source) || !arguments.Bool(1, &can_transfer)) return nullptr;
  if (source->expires != 0 && source->length > 0) {
    const Source::Watch watch(source);
    leasehold_revoke(source);
    if (watch.gone()) return Null(env);
  }
  return DetachNext(arguments.addon(), source, can_transfer);
}

// watchThreadEnd(): this thread can end before the process.
napi_value WatchThreadEnd(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  arguments.addon()->buffer_memory.WatchThread();
  return Done(env);
}

}  // namespace

Functions BufferFunctions() {
  return {{"getBuffer", GetBuffer},
          {"lendBuffer", LendBuffer},
          {"lendCopy", LendCopy},
          {"detachBuffers", DetachBuffers},
          {"watchThreadEnd", WatchThreadEnd}};
}

}  // namespace leasehold
