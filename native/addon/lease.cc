// Leases: the list of a transaction, and moving what it lent onto the heap.
#include "addon/arguments.h"
#include "addon/weak.h"

namespace leasehold {
namespace {

// A lease of a JavaScript object, which it refers to weakly.
struct JsLease final : Lease {
  JsLease(napi_env env, napi_value js_object) : object(env, js_object) {}

  // A scan makes and forgets one for every few dozen rows: their memory is kept for the next ones.
  static void* operator new(size_t size) {
    if (spare.blocks.empty()) return ::operator new(size);
    void* memory = spare.blocks.back();
    spare.blocks.pop_back();
    return memory;
  }
  static void operator delete(void* memory) {
    if (spare.blocks.size() < kMostSpare) {
      spare.blocks.push_back(memory);
    } else {
      ::operator delete(memory);
    }
  }

  bool IsReachable() override { return object.IsReachable(); }

  const WeakObject object;

 private:
  static constexpr size_t kMostSpare = 2048;
  struct Spare {
    ~Spare() {
      for (void* block : blocks) ::operator delete(block);
    }
    std::vector<void*> blocks;
  };
  static thread_local Spare spare;
};

thread_local JsLease::Spare JsLease::spare;

// The growth outside of its heap for which V8 collects everything at once.
constexpr int64_t kProvocation = 64'000'000'000;

}  // namespace

Lease* Lend(Addon* addon, ReadTransaction* transaction, napi_value object) {
  if (transaction->leases.length >= transaction->sweep_at) Sweep(transaction);
  auto* lease = new JsLease(addon->env, object);
  lease->held = &transaction->environment()->held_bytes;
  leasehold_link(&transaction->leases, lease);
  return lease;
}

namespace {

// Deletes the nodes of a list that nothing can reach any more. `to_lease` gives null for a sink of another addon.
template <class ToLease>
void DeleteUnreachable(leasehold_source* source, ToLease to_lease) {
  leasehold_node* const end = &source->head;
  for (leasehold_node* node = end->next; node != end;) {
    auto* lease = to_lease(node);
    node = node->next;
    if (lease != nullptr && !lease->IsReachable()) delete lease;
  }
}

}  // namespace

void Sweep(ReadTransaction* transaction) {
  DeleteUnreachable(&transaction->leases, ToLease);
  DeleteUnreachable(&transaction->buffers, [](leasehold_node* node) { return static_cast<BufferLease*>(node); });
  transaction->sweep_at = std::max(kFirstSweep, 2 * transaction->leases.length);
  transaction->sweep_buffers_at = std::max(kFirstSweep, 2 * transaction->buffers.length);
}

Status CheckBudget(Addon* addon, ReadTransaction* transaction, size_t more) {
  Environment* environment = transaction->environment();
  const auto fits = [&] {
    return more <= environment->most_held_bytes - std::min(environment->held_bytes, environment->most_held_bytes);
  };
  if (fits()) return Status();
  const auto sweep = [&] {
    addon->transactions.ForEach([&](Transaction& other) {
      if (!other.is_write() && other.environment() == environment) Sweep(static_cast<ReadTransaction*>(&other));
    });
  };
  sweep();
  if (fits()) return Status();
  // Much of it may be dropped, and not collected yet.
  int64_t total;
  napi_adjust_external_memory(addon->env, kProvocation, &total);
  napi_adjust_external_memory(addon->env, -kProvocation, &total);
  sweep();
  if (fits()) return Status();
  return Status(kLeaseBudget, "live leases already cover " + std::to_string(environment->held_bytes) + " of the " +
                                  std::to_string(environment->most_held_bytes) +
                                  " bytes of maxHeldBytes: let some go, or keep() the few that you need");
}

namespace {

// leaseStat(transaction): leaves how many leases there are in CONTROL_ROWS and their bytes in CONTROL_BYTES.
napi_value LeaseStat(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  ReadTransaction* transaction;
  if (!arguments.LendingRead(0, &transaction)) return nullptr;
  Sweep(transaction);
  size_t bytes = 0;
  size_t live = transaction->buffers.length;
  for (leasehold_node* node = transaction->leases.head.next; node != &transaction->leases.head; node = node->next) {
    live++;
    if (const Lease* lease = ToLease(node)) bytes += lease->bytes();
  }
  for (leasehold_node* node = transaction->buffers.head.next; node != &transaction->buffers.head; node = node->next) {
    bytes += static_cast<BufferLease*>(node)->bytes;
  }
  uint32_t* control = arguments.addon()->control.data;
  control[kControlRows] = static_cast<uint32_t>(live);
  control[kControlBytes] = static_cast<uint32_t>(bytes);
  control[kControlBytesHigh] = static_cast<uint32_t>(uint64_t{bytes} >> 32);
  return Done(env);
}

// sweep(transaction)
napi_value SweepLeases(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  ReadTransaction* transaction;
  if (!arguments.LendingRead(0, &transaction)) return nullptr;
  Sweep(transaction);
  return FromInt32(env, static_cast<int32_t>(transaction->leases.length + transaction->buffers.length));
}

// leaseCount(transaction)
napi_value LeaseCount(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  ReadTransaction* transaction;
  if (!arguments.LendingRead(0, &transaction)) return nullptr;
  return FromDouble(env, static_cast<double>(transaction->leases.length + transaction->buffers.length));
}

// How often a sink of another addon may say that it cannot copy before it expires: none holds a reader slot for ever.
constexpr int kMostRefusals = 3;
// How many nodes are looked at, or asked, in one step.
constexpr size_t kNodesAtOnce = 256;

// Has sinks of other addons, which are all that is left on the list, copy what they borrowed, some at a time: null if
// some have yet to be asked. They may do anything, close the environment, say: the transaction may be gone afterwards.
// Throws ENOMEM after a round in which some wait for memory.
napi_value AskSinks(Addon* addon, ReadTransaction* transaction, int32_t handle) {
  TransactionSource& leases = transaction->leases;
  if (leases.to_ask == 0) {
    if (++leases.rounds == kMostRefusals) {
      leasehold_end(&leases);
      return Done(addon->env);
    }
    leases.to_ask = leases.length;
    leases.refused = 0;
  }
  const size_t now = std::min(leases.to_ask, kNodesAtOnce);
  leases.to_ask -= now;
  const size_t refused = leasehold_ask_some(&leases, now);
  if (addon->transactions.Find(handle) == nullptr) return Done(addon->env);
  leases.refused += refused;
  leases.to_ask = std::min(leases.to_ask, leases.length);
  if (leases.to_ask > 0) return Null(addon->env);
  if (leases.refused == 0) return Done(addon->env);
  return addon->Throw(
      Status(ENOMEM, std::to_string(leases.refused) + " sinks of other addons could not copy what they read"), "");
}

// nextLease(transaction)
napi_value NextLease(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Addon* addon = arguments.addon();
  ReadTransaction* transaction;
  int32_t handle;
  if (!arguments.LendingRead(0, &transaction) || !arguments.Int32(0, &handle)) return nullptr;
  if (!transaction->ended()) return addon->ThrowType("the transaction must have ended");
  if (!transaction->invalidate() && MoveBuffers(addon, transaction) > 0) return Null(env);
  TransactionSource& leases = transaction->leases;
  leases.unseen = std::min(leases.unseen, leases.length);
  for (size_t looked = 0; leases.unseen > 0; leases.unseen--) {
    leasehold_node* node = leasehold_first(&leases);
    if (node == nullptr) break;  // the others are being told, further out on the stack
    if (looked++ == kNodesAtOnce) return Null(env);
    auto* lease = static_cast<JsLease*>(ToLease(node));
    if (lease == nullptr) {
      // Sinks of other addons come last: what they do may end anything.
      leasehold_unlink(node);
      leasehold_link(&leases, node);
      continue;
    }
    napi_value object = lease->object.Get();
    if (object != nullptr) {
      addon->control.data[kControlRows] = lease->count;
      addon->control.data[kControlBytes] = static_cast<uint32_t>(lease->bytes());
      addon->control.data[kControlBytesHigh] = static_cast<uint32_t>(uint64_t{lease->bytes()} >> 32);
      return object;
    }
    delete lease;
  }
  return leases.length > 0 && !transaction->invalidate() ? AskSinks(addon, transaction, handle) : Done(env);
}

// moveLease(transaction, memory)
napi_value MoveLease(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  ReadTransaction* transaction;
  void* memory;
  size_t size;
  if (!arguments.LendingRead(0, &transaction)) return nullptr;
  if (napi_get_arraybuffer_info(env, arguments[1], &memory, &size) != napi_ok) {
    return arguments.addon()->ThrowType("argument 1 must be an ArrayBuffer");
  }
  auto* lease = static_cast<JsLease*>(ToLease(leasehold_first(&transaction->leases)));
  if (lease == nullptr || !lease->IsReachable()) return arguments.addon()->ThrowType("there is no next lease");
  if (size < lease->MovedSize()) return arguments.addon()->ThrowType("the memory is too small for the lease");
  lease->Move(static_cast<uint8_t*>(memory));
  delete lease;
  return Done(env);
}

// dropLease(transaction)
napi_value DropLease(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  ReadTransaction* transaction;
  if (!arguments.LendingRead(0, &transaction)) return nullptr;
  delete ToLease(leasehold_first(&transaction->leases));
  return Done(env);
}

}  // namespace

Functions LeaseFunctions() {
  return {{"leaseCount", LeaseCount}, {"leaseStat", LeaseStat}, {"sweep", SweepLeases},
          {"nextLease", NextLease},   {"moveLease", MoveLease}, {"dropLease", DropLease}};
}

}  // namespace leasehold
