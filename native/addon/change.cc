// Changes of collections.
#include "addon/arguments.h"
#include "addon/encoded_change.h"
#include "core/transact/overlay.h"

namespace leasehold {
namespace {

// The name of a change in errors, which the title of its collection follows.
const char* NameOf(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kPut:
    case ChangeKind::kPutNew:
    case ChangeKind::kAppend:
      return "put into ";
    case ChangeKind::kDelete:
      return "del from ";
    case ChangeKind::kDeleteValue:
      return "delValue from ";
    case ChangeKind::kClear:
      return "clear ";
    case ChangeKind::kDrop:
      return "drop ";
    case ChangeKind::kAdd:
      return "add to ";
    case ChangeKind::kSweep:
      return "sweep ";
    case ChangeKind::kPutIf:
      return "putIf into ";
    case ChangeKind::kDeleteIf:
      return "delIf from ";
    case ChangeKind::kCheck:
    case ChangeKind::kCheckRange:
      return "check ";
    case ChangeKind::kCommitId:
      return "name a commit of ";
  }
  return "";
}

// Makes a change in a write transaction or in an optimistic one.
Napi::Value Apply(Addon* addon, Transaction* transaction, const Change& change) {
  uint64_t answer;
  if (transaction->is_write()) {
    auto* writing = static_cast<WriteTransaction*>(transaction);
    const Status status = writing->Apply(change, &answer);
    if (!status.ok()) return ThrowFailed(addon, *writing, status, NameOf(change.kind) + change.collection->Title());
  } else {
    const Status status = transaction->overlay()->Apply(change, &answer);
    if (!status.ok()) {
      return addon->Throw(status, NameOf(change.kind) + change.collection->Title(), PathOf(*transaction));
    }
  }
  return answer <= INT32_MAX ? FromInt32(addon->env, static_cast<int32_t>(answer))
                             : FromDouble(addon->env, static_cast<double>(answer));
}

// change(transaction, collection, keyOffset, keyLength, bytes, valueOffset, valueLength, kind)
napi_value ChangeGiven(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  Slice key;
  Slice value;
  uint32_t kind;
  Change change;
  addon->BeginChange();
  if (!arguments.Changing(0, &transaction) || !arguments.Collection(1, *transaction->environment(), &collection) ||
      !arguments.Io(2, &key) || !arguments.Bytes(4, &value) || !arguments.Uint32(7, &kind)) {
    return nullptr;
  }
  if (!DecodeChange(kind, collection, key, value, &change)) return addon->ThrowType("the change is not well-formed");
  return Apply(addon, transaction, change);
}

// changeWritten(): its arguments are in the control block.
napi_value ChangeWritten(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  Addon* addon = arguments.addon();
  addon->BeginChange();
  if (addon->control.data == nullptr) return addon->ThrowType("nothing was attached");
  const uint32_t* control = addon->control.data;
  Transaction* found = addon->transactions.Find(static_cast<int32_t>(control[kControlTransaction]));
  if (found == nullptr) return addon->Throw(Status(kTxnEnded), "");
  // An optimistic transaction that has ended has no overlay. WriteTransaction::Apply checks that the transaction can be
  // used.
  if (!found->is_write() && found->overlay() == nullptr) {
    return addon->ThrowType("the control block must name a transaction that writes");
  }
  const uint64_t offset = control[kControlOffset];
  const uint64_t value_length = control[kControlValueLength];
  const uint64_t key_length = control[kControlKeyLength];
  if (offset + value_length + key_length > addon->io.size) {
    return addon->ThrowType("the control block must name bytes of the shared buffer");
  }
  const uint8_t* value = addon->io.data + offset;
  Change change;
  if (!DecodeChange(control[kControlKind], found->environment()->FindCollection(control[kControlCollection]),
                    Slice{value + value_length, key_length}, Slice{value, value_length}, &change)) {
    return addon->ThrowType("the control block must describe a change");
  }
  return Apply(addon, found, change);
}

}  // namespace

Functions ChangeFunctions() { return {{"change", ChangeGiven}, {"changeWritten", ChangeWritten}}; }

}  // namespace leasehold
