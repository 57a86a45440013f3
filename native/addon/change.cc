// Changes of collections.
#include "addon/arguments.h"
#include "addon/range_arguments.h"

namespace leasehold {
namespace {

// The first two arguments of every function that changes a collection.
[[gnu::always_inline]] inline bool ReadTarget(const ArgumentReader& arguments, WriteTransaction** transaction,
                                              Collection** collection) {
  arguments.addon()->BeginChange();
  return arguments.Write(0, transaction) && arguments.Collection(1, *(*transaction)->environment(), collection);
}

// Makes a change, which errors call `tried`.
Napi::Value Apply(Addon* addon, WriteTransaction* transaction, const Change& change, const char* tried,
                  uint64_t* answer) {
  const Status status = transaction->Apply(change, answer);
  if (status.ok()) return FromBool(addon->env, *answer != 0);
  return ThrowFailed(addon, *transaction, status, tried + change.collection->Title());
}

Napi::Value Apply(Addon* addon, WriteTransaction* transaction, const Change& change, const char* tried) {
  uint64_t answer;
  return Apply(addon, transaction, change, tried, &answer);
}

Napi::Value Store(Addon* addon, WriteTransaction* transaction, Collection* collection, Slice key, Slice value,
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
  if (Apply(addon, static_cast<WriteTransaction*>(transaction), change, "clear ", &count).IsEmpty()) return nullptr;
  return FromDouble(env, static_cast<double>(count));
}

// drop(transaction, collection)
Napi::Value Drop(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  WriteTransaction* transaction;
  Collection* collection;
  if (!ReadTarget(arguments, &transaction, &collection)) return {};
  const Napi::Value dropped = Apply(arguments.addon(), transaction, {ChangeKind::kDrop, collection}, "drop ");
  return dropped.IsEmpty() ? dropped : Done(info.Env());
}

}  // namespace

Functions ChangeFunctions() {
  return {{"put", Put},     {"putWritten", PutWritten}, {"del", Delete}, {"delPair", DeletePair},
          {"clear", Clear}, {"drop", Callback<Drop>}};
}

}  // namespace leasehold
