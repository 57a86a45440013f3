// Blocks: sources that are no transaction. A LeaseSource lends an ArrayBuffer of its own; a relay passes on to Keys and
// Values what an object of another addon lends, and has one node on that addon's list for all of them.
//
// Lifetimes. A Block belongs to the JavaScript object that it is wrapped by, which every lease on it keeps alive. It
// ends at the latest in that object's finalizer, or with the thread.
#include <string.h>

#include "addon/arguments.h"
#include "addon/weak.h"

namespace leasehold {
namespace {

extern const leasehold_sink_descriptor kUpstreamSink;
extern const leasehold_sink_descriptor kExitSink;
extern const leasehold_sink_descriptor kBlockSink;

struct Block;

struct BlockNode : leasehold_node {
  BlockNode(const leasehold_sink_descriptor* kind, Block* its_block)
      : leasehold_node{nullptr, nullptr, nullptr, kind}, block(its_block) {}
  Block* const block;
};

// A Lease of lib/lease, or an ArrayBuffer that is to be detached, on a block's list.
struct BlockSink : leasehold_node {
  BlockSink(napi_env env, napi_value js_object)
      : leasehold_node{nullptr, nullptr, nullptr, &kBlockSink}, object(env, js_object) {}
  const WeakObject object;
};

const leasehold_source_descriptor kBlockSource = LEASEHOLD_SOURCE_DESCRIPTOR(leasehold_block_contains);

struct Block final : leasehold_source {
  explicit Block(Addon* its_addon)
      : addon(its_addon), env(its_addon->env), upstream(&kUpstreamSink, this), exit(&kExitSink, this) {
    leasehold_source_init(this, &kBlockSource, nullptr, 0);
    leasehold_link(&addon->exit, &exit);
  }
  ~Block() {
    leasehold_cancel(&upstream);
    leasehold_unlink(&exit);
    End();
    if (memory != nullptr) napi_delete_reference(env, memory);
  }

  void SetMemory(napi_value buffer) {
    void* bytes = nullptr;
    napi_get_arraybuffer_info(env, buffer, &bytes, &size);
    data = bytes;
    if (memory != nullptr) napi_delete_reference(env, memory);
    napi_create_reference(env, buffer, 1, &memory);
  }
  // Whether a relay's source, which ends or takes back what it lent, has done so; false for a LeaseSource.
  bool IsCutOff() const { return is_relay && !leasehold_is_listening(&upstream); }
  // Ends it for good: what cannot be moved expires. Returns how many sinks have no bytes of their own.
  size_t End() {
    is_final = true;
    return leasehold_end(this);
  }

  Addon* const addon;  // not to be used by the destructor: it may be gone before
  napi_env const env;
  napi_ref memory = nullptr;  // the ArrayBuffer
  BlockNode upstream;         // a relay's node on the list of its source
  BlockNode exit;
  bool is_relay = false;
  bool is_final = false;
  size_t sweep_at = kFirstSweep;
};

// Has JavaScript move a Lease, or expire it (an ArrayBuffer: detach it). False if it could not, for want of memory,
// say; `refused` if Node-API does not call it.
bool EndLease(Addon* addon, napi_value lease, bool expires) {
  napi_env env = addon->env;
  napi_value function;
  napi_value receiver;
  napi_value arguments[2] = {lease, FromBool(env, expires)};
  napi_value result;
  bool ended = false;
  if (addon->end_lease == nullptr || napi_get_reference_value(env, addon->end_lease, &function) != napi_ok ||
      napi_get_undefined(env, &receiver) != napi_ok ||
      napi_call_function(env, receiver, function, 2, arguments, &result) != napi_ok) {
    bool thrown = false;
    napi_is_exception_pending(env, &thrown);
    addon->refused = !thrown;
    napi_value exception;
    napi_get_and_clear_last_exception(env, &exception);
    return false;
  }
  return napi_get_value_bool(env, result, &ended) == napi_ok && ended;
}

const leasehold_sink_descriptor kBlockSink =
    LEASEHOLD_SINK_DESCRIPTOR([](leasehold_source* source, leasehold_node* node) {
      const Block& block = *static_cast<Block*>(source);
      auto* sink = static_cast<BlockSink*>(node);
      napi_handle_scope scope;
      napi_open_handle_scope(block.env, &scope);
      napi_value lease = sink->object.Get();
      const bool ended = lease == nullptr || EndLease(block.addon, lease, block.expires != 0);
      const bool forgotten = ended || block.is_final || block.expires != 0;
      if (!ended && forgotten) EndLease(block.addon, lease, true);
      napi_close_handle_scope(block.env, scope);
      if (forgotten) delete sink;
      return static_cast<int>(ended);
    });

// What a relay's source lent goes: its leases move at once, and its window is taken from JavaScript.
const leasehold_sink_descriptor kUpstreamSink = LEASEHOLD_SINK_DESCRIPTOR([](leasehold_source*, leasehold_node* node) {
  Block* block = static_cast<BlockNode*>(node)->block;
  napi_env env = block->env;
  const size_t without = block->End();
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  napi_value window = nullptr;
  if (napi_get_reference_value(env, block->memory, &window) == napi_ok && window != nullptr) {
    napi_detach_arraybuffer(env, window);
  }
  napi_close_handle_scope(env, scope);
  return static_cast<int>(without == 0);
});

const leasehold_sink_descriptor kExitSink = LEASEHOLD_SINK_DESCRIPTOR([](leasehold_source*, leasehold_node* node) {
  Block* block = static_cast<BlockNode*>(node)->block;
  leasehold_cancel(&block->upstream);
  block->End();
  return 1;
});

// Forgets the leases of a block that nobody can reach.
void Sweep(Block* block) {
  leasehold_node* const end = &block->head;
  for (leasehold_node* node = end->next; node != end;) {
    leasehold_node* const next = node->next;
    if (node->descriptor == &kBlockSink && !static_cast<BlockSink*>(node)->object.IsReachable()) {
      leasehold_unlink(node);
      delete static_cast<BlockSink*>(node);
    }
    node = next;
  }
  block->sweep_at = std::max(kFirstSweep, 2 * block->length);
}

// Makes `object` the owner of a block, and a source that other addons find.
bool Wrap(napi_env env, napi_value object, std::unique_ptr<Block> block) {
  const napi_status status = leasehold_wrap_source(
      env, object, block.get(), [](napi_env, void* data, void*) { delete static_cast<Block*>(data); }, nullptr);
  if (status != napi_ok) return false;
  block.release();
  return true;
}

template <size_t N>
bool ToBlock(const Arguments<N>& arguments, napi_env env, size_t i, Block** block) {
  auto* source = static_cast<leasehold_source*>(leasehold_unwrap(env, arguments[i], &leasehold_source_tag));
  if (source == nullptr || source->descriptor != &kBlockSource) return arguments.Fail(i, "a block");
  *block = static_cast<Block*>(source);
  return true;
}

template <size_t N>
bool IsArrayBuffer(const Arguments<N>& arguments, napi_env env, size_t i) {
  bool is_array_buffer = false;
  return (napi_is_arraybuffer(env, arguments[i], &is_array_buffer) == napi_ok && is_array_buffer) ||
         arguments.Fail(i, "an ArrayBuffer");
}

// attachBlocks(endLease)
napi_value AttachBlocks(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Addon* addon = arguments.addon();
  napi_valuetype type;
  if (napi_typeof(env, arguments[0], &type) != napi_ok || type != napi_function) {
    return addon->ThrowType("argument 0 must be a function");
  }
  if (addon->end_lease != nullptr) napi_delete_reference(env, addon->end_lease);
  napi_create_reference(env, arguments[0], 1, &addon->end_lease);
  return Done(env);
}

// blockOpen(object, memory, expires)
napi_value BlockOpen(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  bool expires;
  if (!arguments.Object(0) || !IsArrayBuffer(arguments, env, 1) || !arguments.Bool(2, &expires)) return nullptr;
  auto block = std::make_unique<Block>(arguments.addon());
  block->SetMemory(arguments[1]);
  block->expires = expires;
  if (!Wrap(env, arguments[0], std::move(block))) return arguments.addon()->ThrowType("the object is wrapped already");
  return Done(env);
}

// An ArrayBuffer over what a source lends; a copy of it where the runtime refuses memory outside of its heap.
napi_value Window(napi_env env, const leasehold_source& source) {
  napi_value buffer;
  auto* memory = const_cast<void*>(source.data);
  if (source.size > 0 && napi_create_external_arraybuffer(
                             env, memory, source.size, [](napi_env, void*, void*) {}, nullptr, &buffer) == napi_ok) {
    return buffer;
  }
  void* copy;
  if (napi_create_arraybuffer(env, source.size, &copy, &buffer) != napi_ok) return nullptr;
  if (source.size > 0) memcpy(copy, source.data, source.size);
  return buffer;
}

// blockBorrow(object, source)
napi_value BlockBorrow(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  if (!arguments.Object(0)) return nullptr;
  leasehold_source* source = leasehold_unwrap_source(env, arguments[1]);
  if (source == nullptr) return nullptr;
  auto block = std::make_unique<Block>(arguments.addon());
  block->is_relay = true;
  block->expires = source->expires;
  const int status =
      source->data == nullptr ? LEASEHOLD_NOT_LENT : leasehold_listen(source, &block->upstream, source->data, 0);
  if (status != LEASEHOLD_OK) {
    leasehold_throw_status(env, status);
    return nullptr;
  }
  napi_value window = Window(env, *source);
  if (window == nullptr) return arguments.addon()->Throw(Status(ENOMEM), "");
  block->SetMemory(window);
  if (!Wrap(env, arguments[0], std::move(block))) return arguments.addon()->ThrowType("the object is wrapped already");
  return window;
}

// Whether a block lends these bytes: one of the protocol's statuses.
int Check(const Block& block, uint64_t offset, uint64_t length) {
  if (block.ended || block.IsCutOff()) return LEASEHOLD_ENDED;
  if (offset > block.size || length > block.size - offset) return LEASEHOLD_NOT_LENT;
  const leasehold_source* source = block.upstream.owner;
  if (source == nullptr) return LEASEHOLD_OK;
  const auto* data = static_cast<const uint8_t*>(source->data) + offset;
  return source->descriptor->contains(source, data, length) ? LEASEHOLD_OK : LEASEHOLD_NOT_LENT;
}

static_assert(kBlockEnded == LEASEHOLD_ENDED && kBlockNotLent == LEASEHOLD_NOT_LENT);

// blockLend(block, offset, length, lease)
napi_value BlockLend(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Block* block;
  uint64_t offset;
  uint64_t length;
  if (!ToBlock(arguments, env, 0, &block) || !arguments.Size(1, &offset) || !arguments.Size(2, &length)) {
    return nullptr;
  }
  const int status = Check(*block, offset, length);
  if (status == LEASEHOLD_OK && !arguments.IsUndefined(3)) {
    if (!arguments.Object(3)) return nullptr;
    if (block->length >= block->sweep_at) Sweep(block);
    leasehold_link(block, new BlockSink(env, arguments[3]));
  }
  return FromInt32(env, status);
}

// blockLendBuffer(block, buffer)
napi_value BlockLendBuffer(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Block* block;
  if (!ToBlock(arguments, env, 0, &block) || !IsArrayBuffer(arguments, env, 1)) return nullptr;
  if (block->length >= block->sweep_at) Sweep(block);
  if (block->expires) leasehold_link(block, new BlockSink(env, arguments[1]));
  return Done(env);
}

// Tells who reads a block: how many go on reading it for want of memory.
size_t Tell(Block* block) {
  const size_t without = leasehold_tell(block, !block->expires, SIZE_MAX);
  return block->expires ? 0 : without;
}

// blockStep(block)
napi_value BlockStep(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Block* block;
  if (!ToBlock(arguments, env, 0, &block)) return nullptr;
  const size_t waiting = Tell(block);
  if (arguments.addon()->refused) return nullptr;
  return FromDouble(env, static_cast<double>(waiting));
}

// blockEnd(block)
napi_value BlockEnd(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Block* block;
  if (!ToBlock(arguments, env, 0, &block)) return nullptr;
  block->ended = 1;
  const size_t waiting = Tell(block);
  if (waiting > 0) block->ended = 0;
  if (arguments.addon()->refused) return nullptr;
  return FromDouble(env, static_cast<double>(waiting));
}

// blockReplace(block, memory)
napi_value BlockReplace(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Block* block;
  if (!ToBlock(arguments, env, 0, &block) || !IsArrayBuffer(arguments, env, 1)) return nullptr;
  if (block->length > 0) return arguments.addon()->Throw(Status(kBusy, "the block is being read"), "");
  block->SetMemory(arguments[1]);
  return Done(env);
}

// resolveBlock(block, offset, length)
napi_value ResolveBlock(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Block* block;
  uint64_t offset;
  uint64_t length;
  if (!ToBlock(arguments, env, 0, &block) || !arguments.Size(1, &offset) || !arguments.Size(2, &length)) {
    return nullptr;
  }
  if (offset > block->size || length > block->size - offset) return arguments.addon()->ThrowType("not lent");
  return Resolve(arguments.addon(), static_cast<const uint8_t*>(block->data) + offset, length, block, nullptr);
}

}  // namespace

Functions BlockFunctions() {
  return {{"attachBlocks", AttachBlocks},
          {"blockOpen", BlockOpen},
          {"blockBorrow", BlockBorrow},
          {"blockLend", BlockLend},
          {"blockLendBuffer", BlockLendBuffer},
          {"blockStep", BlockStep},
          {"blockEnd", BlockEnd},
          {"blockReplace", BlockReplace},
          {"resolveBlock", ResolveBlock}};
}

}  // namespace leasehold
