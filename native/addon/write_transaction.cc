// Write transactions.
#include "addon/arguments.h"

namespace leasehold {
namespace {

// Removes and returns the error that has doomed a transaction; empty if there is none.
Napi::Error TakeFailure(Addon* addon, const Transaction& transaction) {
  auto failure = addon->failures.extract(&transaction);
  return failure.empty() ? Napi::Error() : std::move(failure.mapped());
}

}  // namespace

Napi::Value ThrowFailed(Addon* addon, const WriteTransaction& transaction, const Status& status,
                        const std::string& tried) {
  const Napi::Value error = addon->Error(status, tried, PathOf(transaction));
  bool is_there = false;
  addon->transactions.ForEach([&](const Transaction& other) { is_there = is_there || &other == &transaction; });
  if (is_there && transaction.is_doomed() && !error.IsEmpty()) {
    addon->failures.try_emplace(&transaction, Napi::Error(addon->env, error));
  }
  return addon->Throw(error);
}

namespace {

// writeBegin(environment, lockTimeout)
Napi::Value WriteBegin(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Addon* addon = arguments.addon();
  OpenEnvironment* environment;
  Deadline deadline;
  if (!arguments.Environment(0, &environment) || !arguments.Timeout(1, &deadline)) return {};
  std::unique_ptr<WriteTransaction> transaction;
  addon->BeginChange();
  const Status status = WriteTransaction::Begin(environment->core.get(), deadline, &transaction);
  if (!status.ok())
    return addon->Throw(status, "cannot begin a write transaction", environment->core->database()->path().c_str());
  // An earlier transaction at the same address may have left an error, if it ended with its environment.
  TakeFailure(addon, *transaction);
  const int32_t handle = addon->transactions.Add(std::move(transaction));
  if (handle < 0) return addon->Throw(Status(kBusy, "too many transactions are open in this thread: end some"), "");
  return FromInt32(info.Env(), handle);
}

// Takes a write transaction out of the table to end it. It may be doomed, or have a child. `failure` is the error that
// has doomed it, or empty. Null, with an exception pending, if there is no such transaction.
std::unique_ptr<Transaction> TakeWrite(const ArgumentReader& arguments, Napi::Error* failure) {
  Addon* addon = arguments.addon();
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return nullptr;
  Transaction* transaction = addon->transactions.Find(handle);
  if (transaction == nullptr) {
    addon->Throw(Status(kTxnEnded), "");
    return nullptr;
  }
  if (!transaction->is_write()) {
    addon->ThrowType("argument 0 must be a write transaction");
    return nullptr;
  }
  addon->BeginChange();
  addon->CloseCursors(transaction);
  *failure = TakeFailure(addon, *transaction);
  return addon->transactions.Remove(handle);
}

// writeCommit(transaction)
Napi::Value WriteCommit(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Napi::Error failure;
  std::unique_ptr<Transaction> transaction = TakeWrite(arguments, &failure);
  if (!transaction) return {};
  const std::string path = PathOf(*transaction);
  const Status status = static_cast<WriteTransaction*>(transaction.get())->Commit();
  transaction.reset();
  if (status.ok()) return Done(info.Env());
  if (!failure.IsEmpty()) return arguments.addon()->Throw(failure.Value());
  return arguments.addon()->Throw(status, "the transaction was rolled back", path.c_str());
}

// writeAbort(transaction): does nothing if the transaction has ended.
Napi::Value WriteAbort(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return {};
  if (arguments.addon()->transactions.Find(handle) == nullptr) return Done(info.Env());
  Napi::Error failure;
  const std::unique_ptr<Transaction> transaction = TakeWrite(arguments, &failure);
  if (!transaction) return {};
  static_cast<WriteTransaction*>(transaction.get())->Abort();
  return Done(info.Env());
}

}  // namespace

Functions WriteTransactionFunctions() {
  return {{"writeBegin", Callback<WriteBegin>},
          {"writeCommit", Callback<WriteCommit>},
          {"writeAbort", Callback<WriteAbort>}};
}

}  // namespace leasehold
