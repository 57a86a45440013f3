// Write transactions, and changing collections.
#include <algorithm>

#include "addon/arguments.h"
#include "addon/range_arguments.h"

namespace leasehold {
namespace {

auto FindFailure(Addon* addon, const Transaction& transaction) {
  return std::find_if(addon->failures.begin(), addon->failures.end(),
                      [&](const auto& failure) { return failure.first == &transaction; });
}

// The error that doomed a transaction, which is forgotten with this; null if there is none.
napi_value TakeFailure(Addon* addon, const Transaction& transaction) {
  const auto failure = FindFailure(addon, transaction);
  if (failure == addon->failures.end()) return nullptr;
  napi_value error = nullptr;
  napi_get_reference_value(addon->env, failure->second, &error);
  napi_delete_reference(addon->env, failure->second);
  addon->failures.erase(failure);
  return error;
}

}  // namespace

napi_value ThrowFailed(Addon* addon, const WriteTransaction& transaction, const Status& status,
                       const std::string& tried) {
  napi_value error = addon->Error(status, tried, PathOf(transaction));
  bool is_there = false;
  addon->transactions.ForEach([&](const Transaction& other) { is_there = is_there || &other == &transaction; });
  napi_ref kept;
  if (is_there && transaction.is_doomed() && FindFailure(addon, transaction) == addon->failures.end() &&
      napi_create_reference(addon->env, error, 1, &kept) == napi_ok) {
    addon->failures.emplace_back(&transaction, kept);
  }
  napi_throw(addon->env, error);
  return nullptr;
}

namespace {

// writeBegin(environment, lockTimeout)
napi_value WriteBegin(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Addon* addon = arguments.addon();
  OpenEnvironment* environment;
  Deadline deadline;
  if (!arguments.Environment(0, &environment) || !arguments.Timeout(1, &deadline)) return nullptr;
  std::unique_ptr<WriteTransaction> transaction;
  addon->BeginChange();
  const Status status = WriteTransaction::Begin(environment->core.get(), deadline, &transaction);
  if (!status.ok())
    return addon->Throw(status, "cannot begin a write transaction", environment->core->database()->path().c_str());
  // One that ended with its environment may have stood in the same place.
  TakeFailure(addon, *transaction);
  const int32_t handle = addon->transactions.Add(std::move(transaction));
  if (handle < 0) return addon->Throw(Status(kBusy, "too many transactions are open in this thread: end some"), "");
  return FromInt32(env, handle);
}

// Takes a write transaction that may be doomed, or have a child, out of the table to end it; gives the error that
// doomed it, or null.
template <size_t N>
std::unique_ptr<Transaction> TakeWrite(const Arguments<N>& arguments, napi_value* failure) {
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
napi_value WriteCommit(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  napi_value failure;
  std::unique_ptr<Transaction> transaction = TakeWrite(arguments, &failure);
  if (!transaction) return nullptr;
  const std::string path = PathOf(*transaction);
  const Status status = static_cast<WriteTransaction*>(transaction.get())->Commit();
  transaction.reset();
  if (status.ok()) return Done(env);
  if (failure != nullptr) {
    napi_throw(env, failure);
    return nullptr;
  }
  return arguments.addon()->Throw(status, "the transaction was rolled back", path.c_str());
}

// writeAbort(transaction): does nothing if it has ended.
napi_value WriteAbort(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return nullptr;
  if (arguments.addon()->transactions.Find(handle) == nullptr) return Done(env);
  napi_value failure;
  const std::unique_ptr<Transaction> transaction = TakeWrite(arguments, &failure);
  if (!transaction) return nullptr;
  static_cast<WriteTransaction*>(transaction.get())->Abort();
  return Done(env);
}

// The first two arguments of every function that changes a collection.
template <size_t N>
bool ReadTarget(const Arguments<N>& arguments, WriteTransaction** transaction, Collection** collection) {
  arguments.addon()->BeginChange();
  return arguments.Write(0, transaction) && arguments.Collection(1, *(*transaction)->environment(), collection);
}

// Makes a change; what it is called in errors.
napi_value Apply(Addon* addon, WriteTransaction* transaction, const Change& change, const char* tried,
                 uint64_t* answer) {
  const Status status = transaction->Apply(change, answer);
  if (status.ok()) return FromBool(addon->env, *answer != 0);
  return ThrowFailed(addon, *transaction, status, tried + change.collection->Title());
}

napi_value Apply(Addon* addon, WriteTransaction* transaction, const Change& change, const char* tried) {
  uint64_t answer;
  return Apply(addon, transaction, change, tried, &answer);
}

napi_value Store(Addon* addon, WriteTransaction* transaction, Collection* collection, Slice key, Slice value,
                 uint32_t kind) {
  if (kind > static_cast<uint32_t>(ChangeKind::kAppend)) return addon->ThrowType("the kind must be that of a put");
  return Apply(addon, transaction, {static_cast<ChangeKind>(kind), collection, key, value}, "put into ");
}

// put(transaction, collection, keyOffset, keyLength, bytes, valueOffset, valueLength, kind)
napi_value Put(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  Addon* addon = arguments.addon();
  WriteTransaction* transaction;
  Collection* collection;
  Slice key;
  Slice value;
  uint32_t kind;
  if (!ReadTarget(arguments, &transaction, &collection) || !arguments.Io(2, &key) || !arguments.Bytes(4, &value) ||
      !arguments.Uint32(7, &kind)) {
    return nullptr;
  }
  return Store(addon, transaction, collection, key, value, kind);
}

// putWritten(): what it needs is in the control block
napi_value PutWritten(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  Addon* addon = arguments.addon();
  addon->BeginChange();
  if (addon->control.data == nullptr) return addon->ThrowType("nothing was attached");
  const uint32_t* control = addon->control.data;
  Transaction* found = addon->transactions.Find(static_cast<int32_t>(control[kControlTransaction]));
  if (found == nullptr) return addon->Throw(Status(kTxnEnded), "");
  if (!found->is_write()) return addon->ThrowType("the control block must name a write transaction");
  // Put looks whether it can be used.
  auto* transaction = static_cast<WriteTransaction*>(found);
  Collection* collection = transaction->environment()->FindCollection(control[kControlCollection]);
  const uint64_t offset = control[kControlOffset];
  const uint64_t value_length = control[kControlValueLength];
  const uint64_t key_length = control[kControlKeyLength];
  if (collection == nullptr || offset + value_length + key_length > addon->io.size) {
    return addon->ThrowType("the control block must name a collection, and bytes of the shared buffer");
  }
  const uint8_t* value = addon->io.data + offset;
  return Store(addon, transaction, collection, Slice{value + value_length, key_length}, Slice{value, value_length},
               control[kControlKind]);
}

// del(transaction, collection, keyOffset, keyLength)
napi_value Delete(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  WriteTransaction* transaction;
  Collection* collection;
  Slice key;
  if (!ReadTarget(arguments, &transaction, &collection) || !arguments.Io(2, &key)) return nullptr;
  return Apply(arguments.addon(), transaction, {ChangeKind::kDelete, collection, key}, "del from ");
}

// delPair(transaction, collection, keyOffset, keyLength, bytes, valueOffset, valueLength)
napi_value DeletePair(napi_env env, napi_callback_info info) {
  const Arguments<7> arguments(env, info);
  WriteTransaction* transaction;
  Collection* collection;
  Slice key;
  Slice value;
  if (!ReadTarget(arguments, &transaction, &collection) || !arguments.Io(2, &key) || !arguments.Bytes(4, &value)) {
    return nullptr;
  }
  return Apply(arguments.addon(), transaction, {ChangeKind::kDeleteValue, collection, key, value}, "delValue from ");
}

// clear(transaction, collection, flags, lowerOffset, lowerLength, upperOffset, upperLength, limit)
napi_value Clear(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  RangeParts range;
  addon->BeginChange();
  if (!ReadRange(arguments, &transaction, &collection, &range)) return nullptr;
  if (!transaction->is_write()) {
    arguments.Fail(0, "a write transaction");
    return nullptr;
  }
  const Change change{ChangeKind::kClear, collection, range.upper, range.lower, range.flags, range.limit};
  uint64_t count;
  if (Apply(addon, static_cast<WriteTransaction*>(transaction), change, "clear ", &count) == nullptr) return nullptr;
  return FromDouble(env, static_cast<double>(count));
}

// drop(transaction, collection)
napi_value Drop(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  WriteTransaction* transaction;
  Collection* collection;
  if (!ReadTarget(arguments, &transaction, &collection)) return nullptr;
  const napi_value dropped = Apply(arguments.addon(), transaction, {ChangeKind::kDrop, collection}, "drop ");
  return dropped == nullptr ? nullptr : Done(env);
}

}  // namespace

Functions WriteFunctions() {
  return {{"writeBegin", WriteBegin},
          {"writeCommit", WriteCommit},
          {"writeAbort", WriteAbort},
          {"put", Put},
          {"putWritten", PutWritten},
          {"del", Delete},
          {"delPair", DeletePair},
          {"clear", Clear},
          {"drop", Drop}};
}

}  // namespace leasehold
