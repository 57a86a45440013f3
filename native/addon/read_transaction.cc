// Read transactions.
#include "addon/arguments.h"
#include "addon/weak.h"

namespace leasehold {
namespace {

// readBegin(environmentHandle, invalidate): by default the handle in the control block, and false.
napi_value ReadBegin(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Addon* addon = arguments.addon();
  int32_t environment_handle;
  bool invalidate = false;
  if (!arguments.Handle(0, &environment_handle) || (arguments.count() > 1 && !arguments.Bool(1, &invalidate))) {
    return nullptr;
  }
  OpenEnvironment* const* found = addon->environment_handles.Find(environment_handle);
  if (found == nullptr) return addon->Throw(Status(kEnvClosed), "");
  const OpenEnvironment* environment = *found;
  std::unique_ptr<ReadTransaction> transaction;
  Status status = ReadTransaction::Begin(environment->core.get(), invalidate, &transaction);
  if (!status.ok())
    return addon->Throw(status, "cannot begin a read transaction", environment->core->database()->path().c_str());
  const int32_t handle = addon->transactions.Add(std::move(transaction));
  if (handle < 0) return addon->Throw(Status(kBusy, "too many transactions are open in this thread: end some"), "");
  return FromInt32(env, handle);
}

// transactionId(transaction)
Napi::Value TransactionId(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return {};
  const Transaction* transaction = arguments.addon()->transactions.Find(handle);
  // A read transaction that drains still has an id. A write transaction that was rolled back with its parent has none.
  if (transaction == nullptr || (transaction->is_write() && transaction->CheckUsable().code() == kTxnEnded)) {
    return arguments.addon()->Throw(Status(kTxnEnded), "");
  }
  return FromDouble(info.Env(), static_cast<double>(transaction->id()));
}

// readEnd(transaction): by default the handle in the control block. Returns true if the transaction still lends memory.
// If not, returns undefined, which costs nothing.
napi_value ReadEnd(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Addon* addon = arguments.addon();
  int32_t handle;
  if (!arguments.Handle(0, &handle)) return nullptr;
  Transaction* transaction = addon->transactions.Find(handle);
  if (transaction == nullptr) return addon->Throw(Status(kTxnEnded), "");
  if (transaction->is_write()) return addon->ThrowType("argument 0 must be a read transaction");
  auto* read = static_cast<ReadTransaction*>(transaction);
  addon->CloseCursors(read);
  read->End();
  if (read->lends()) return FromBool(env, true);
  addon->transactions.Remove(handle);
  return nullptr;
}

struct JsOwner final : Owner {
  explicit JsOwner(Napi::Object owner) : object(Napi::Weak(owner)) {}
  bool IsReachable() override { return leasehold::IsReachable(object); }
  const Napi::ObjectReference object;
};

// setOwner(transaction, owner)
Napi::Value SetOwner(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  ReadTransaction* transaction;
  if (!arguments.OpenRead(0, &transaction) || !arguments.Object(1)) return {};
  transaction->owner = std::make_unique<JsOwner>(info[1].As<Napi::Object>());
  return Done(info.Env());
}

// isForgotten(transaction)
Napi::Value IsForgotten(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  ReadTransaction* transaction;
  if (!arguments.OpenRead(0, &transaction)) return {};
  return FromBool(info.Env(), transaction->owner != nullptr && !transaction->owner->IsReachable());
}

// drained(transaction)
Napi::Value Drained(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  int32_t handle;
  ReadTransaction* transaction;
  if (!arguments.LendingRead(0, &transaction) || !arguments.Int32(0, &handle)) return {};
  if (!transaction->ended() || transaction->lends()) {
    return arguments.addon()->Throw(Status(kBusy, "the transaction still lends memory"), "");
  }
  arguments.addon()->transactions.Remove(handle);
  return Done(info.Env());
}

}  // namespace

Functions ReadTransactionFunctions() {
  return {{"readBegin", ReadBegin},         {"transactionId", Callback<TransactionId>}, {"readEnd", ReadEnd},
          {"setOwner", Callback<SetOwner>}, {"isForgotten", Callback<IsForgotten>},     {"drained", Callback<Drained>}};
}

}  // namespace leasehold
