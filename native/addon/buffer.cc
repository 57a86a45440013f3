// Leased Buffers: ArrayBuffers of exactly one value, on memory that no write can carry anywhere else.
#include <string.h>

#include "addon/arguments.h"

namespace leasehold {
namespace {

// Up to this many bytes, copying is cheaper than any mapping.
constexpr size_t kCopiedBuffer = 32 * 1024;
// Up to this many, for want of a mapping, are copied to memory that V8 allocates.
constexpr size_t kMostPlain = 64 * 1024 * 1024;
// How many bytes of mappings are given pages of their own in one step of a drain.
constexpr size_t kMovedAtOnce = 256 * 1024;

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

void ReleaseMapping(napi_env, void*, void* hint) {
  auto* mapping = static_cast<std::shared_ptr<Mapping>*>(hint);
  (*mapping)->Release();
  delete mapping;
}

// A plain ArrayBuffer with a copy.
napi_value Copied(napi_env env, Slice bytes) {
  void* data;
  napi_value buffer;
  if (napi_create_arraybuffer(env, bytes.size, &data, &buffer) != napi_ok) return nullptr;
  if (bytes.size > 0) memcpy(data, bytes.data, bytes.size);
  return buffer;
}

// An ArrayBuffer on memory of ours, null if this runtime has none.
napi_value OnMapping(napi_env env, const std::shared_ptr<Mapping>& mapping, size_t length) {
  napi_value buffer;
  auto* memory_hold = new std::shared_ptr<Mapping>(mapping);
  if (napi_create_external_arraybuffer(env, mapping->data(), length, ReleaseMapping, memory_hold, &buffer) != napi_ok) {
    delete memory_hold;
    return nullptr;
  }
  auto* object_hold = new std::shared_ptr<Mapping>(mapping);
  if (napi_add_finalizer(env, buffer, object_hold, ReleaseMapping, object_hold, nullptr) != napi_ok) {
    ReleaseMapping(env, nullptr, object_hold);
  }
  return buffer;
}

// A mapping of the bytes, null if none can be had.
std::shared_ptr<Mapping> MapBytes(const ReadTransaction& transaction, Slice bytes) {
  const Database* database = transaction.database();
  mdb_filehandle_t fd;
  mdb_env_get_fd(database->env(), &fd);
  std::shared_ptr<Mapping> mapping;
  const Status status = Mapping::Map(fd, static_cast<size_t>(bytes.data - database->map_base()), bytes.size, &mapping);
  return status.ok() ? mapping : nullptr;
}

napi_value LendBytes(Addon* addon, ReadTransaction* transaction, Slice bytes) {
  const size_t to_copy = bytes.size > kCopiedBuffer && !transaction->invalidate() ? bytes.size : 0;
  const Status budget = CheckBudget(addon, transaction, to_copy);
  if (!budget.ok()) return addon->Throw(budget, "cannot lend a Buffer", PathOf(*transaction));
  std::shared_ptr<Mapping> mapping;
  napi_value buffer = nullptr;
  if (bytes.size > kCopiedBuffer) {
    mapping = MapBytes(*transaction, bytes);
    const bool is_mapped = mapping != nullptr;
    // With as many as may be, a plain copy: mappings are released between turns of the event loop, plain memory when
    // V8 collects it, in the middle of a job too. But for one that V8 would end the process if it could not have it.
    if (!mapping && bytes.size > kMostPlain) {
      const Status status = Mapping::Copy(bytes, &mapping);
      if (!status.ok()) return addon->Throw(status, "cannot lend a Buffer", PathOf(*transaction));
    }
    if (mapping) buffer = OnMapping(addon->env, mapping, bytes.size);
    if (buffer == nullptr) mapping = nullptr;
    if (mapping && is_mapped) addon->hidden_buffers.Hide(bytes.size);
  }
  if (buffer == nullptr) buffer = Copied(addon->env, bytes);
  if (buffer == nullptr) return addon->Throw(Status(ENOMEM), "cannot lend a Buffer", PathOf(*transaction));
  // A copy that will not be detached needs no watching.
  if (!mapping && !transaction->invalidate()) return buffer;
  if (transaction->buffers.length >= transaction->sweep_buffers_at) Sweep(transaction);
  auto* lease = new JsBuffer(addon->env);
  if (transaction->invalidate()) lease->SetObject(buffer);
  lease->mapping = std::move(mapping);
  lease->held = &transaction->environment()->held_bytes;
  lease->bytes = to_copy;
  *lease->held += to_copy;
  leasehold_link(&transaction->buffers, lease);
  return buffer;
}

// getBuffer(transaction, collection, keyOffset, keyLength)
napi_value GetBuffer(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
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
  return LendBytes(addon, static_cast<ReadTransaction*>(transaction), ToSlice(value));
}

// lendBuffer(transaction, window, offset, length)
napi_value LendBuffer(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
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
  return LendBytes(arguments.addon(), transaction, Slice{transaction->WindowBase(window) + offset, length});
}

}  // namespace

size_t MoveBuffers(Addon* addon, ReadTransaction* transaction) {
  while (leasehold_node* first = leasehold_first(&transaction->buffers)) {
    auto* lease = static_cast<JsBuffer*>(first);
    const size_t moved = lease->mapping ? lease->mapping->CopyPages(kMovedAtOnce) : 0;
    if (moved > 0) {
      addon->hidden_buffers.Tell();
      return moved;
    }
    delete lease;
  }
  return 0;
}

napi_value DetachBuffers(Addon* addon, ReadTransaction* transaction, int32_t handle, bool can_transfer) {
  while (leasehold_node* first = leasehold_first(&transaction->buffers)) {
    const std::unique_ptr<JsBuffer> lease(static_cast<JsBuffer*>(first));
    // Off the list before sinks of other addons are told.
    leasehold_unlink(first);
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
    if (addon->transactions.Find(handle) == nullptr) break;
  }
  return Null(addon->env);
}

namespace {

// detachBuffers(transaction, canTransfer): detaches the leased Buffers of a transaction under `invalidate`, and tells
// the sinks of other addons that are left on its list. Gives back one at a time, null after the last, those that
// JavaScript has to detach, so that no memory is freed that somebody reads: plain copies, and all if it can transfer
// them.
napi_value DetachBuffersOf(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  bool can_transfer;
  ReadTransaction* transaction;
  int32_t handle;
  if (!arguments.LendingRead(0, &transaction) || !arguments.Int32(0, &handle) || !arguments.Bool(1, &can_transfer)) {
    return nullptr;
  }
  if (transaction->invalidate() && transaction->leases.length > 0) {
    leasehold_end(&transaction->leases);
    if (arguments.addon()->transactions.Find(handle) == nullptr) return Null(env);
  }
  return DetachBuffers(arguments.addon(), transaction, handle, can_transfer);
}

}  // namespace

Functions BufferFunctions() {
  return {{"getBuffer", GetBuffer}, {"lendBuffer", LendBuffer}, {"detachBuffers", DetachBuffersOf}};
}

}  // namespace leasehold
