// Batches: changes that are committed together, by a thread of the core or at once. And changes that are made together
// in a transaction.
#include <string.h>

#include "addon/arguments.h"
#include "addon/async/promise.h"
#include "addon/encoded_change.h"

namespace leasehold {
namespace {

// Reads the operation at `*at`, and moves `*at` behind it. False if the operation is malformed.
bool ParseOperation(const Environment& environment, const uint8_t** at, const uint8_t* end, Change* operation) {
  if (static_cast<size_t>(end - *at) < kChangeHeaderBytes) return false;
  const uint32_t kind = ReadUint32(*at);
  const uint32_t collection = ReadUint32(*at + 4);
  const size_t value_length = ReadUint32(*at + 8);
  const size_t key_length = ReadUint32(*at + 12);
  *at += kChangeHeaderBytes;
  const auto left = static_cast<size_t>(end - *at);
  if (kind == kChangeDrop || value_length > left || key_length > left - value_length) return false;
  const Slice value{*at, value_length};
  const Slice key{*at + value_length, key_length};
  *at += value_length + key_length;
  return DecodeChange(kind, environment.FindCollection(collection), key, value, operation);
}

// Reads the operations in `batch->bytes`. False if one is malformed.
bool Parse(const Environment& environment, WriteBatch* batch) {
  const uint8_t* at = batch->bytes.get();
  const uint8_t* const end = at + batch->size;
  for (size_t i = 0; i < batch->count; i++) {
    if (!ParseOperation(environment, &at, end, &batch->operations[i])) return false;
  }
  return at == end;
}

// Writes the answer to operation `i` to the memory for the answers, as a double.
void WriteAnswer(uint64_t answer, size_t i, uint8_t* answers) {
  const auto number = static_cast<double>(answer);
  memcpy(answers + i * sizeof(double), &number, sizeof(double));
}

// What the JavaScript thread needs to settle the promise of a batch.
struct PendingBatch {
  Addon* addon;
  OpenEnvironment* environment;
  Deferred promise;
  // The ArrayBuffer to which the answers are written; null if the promise gets the only answer. Raw Node-API: another
  // thread may delete this struct, and the destructor of a Napi::Reference would call Node-API in that thread.
  napi_ref answers = nullptr;
  std::string path;
};

// Writes the answer to each operation to the ArrayBuffer for them.
void WriteAnswers(const WriteBatch& batch, Napi::ArrayBuffer answers) {
  if (answers.IsEmpty() || answers.ByteLength() != batch.count * sizeof(double)) return;
  auto* data = static_cast<uint8_t*>(answers.Data());
  for (size_t i = 0; i < batch.count; i++) WriteAnswer(batch.answers[i], i, data);
}

// The error of a batch that has failed.
Napi::Value BatchError(Addon* addon, const WriteBatch& batch, const std::string& path) {
  const bool has_index = batch.failed_at != WriteBatch::kNoOperation;
  const std::string tried = has_index ? "operation " + std::to_string(batch.failed_at) + " of the batch" : "the batch";
  const Napi::Value error = addon->Error(batch.status, tried + " failed, and nothing of it was applied", path.c_str());
  if (has_index && error.IsObject()) {
    const Napi::Value index = FromDouble(addon->env, static_cast<double>(batch.failed_at));
    DefineProperties(error.As<Napi::Object>(), {{"index", index}});
  }
  return error;
}

void Settle(const PendingBatch& pending, const WriteBatch& batch) {
  Addon* addon = pending.addon;
  if (!batch.status.ok()) {
    pending.promise.Reject(BatchError(addon, batch, pending.path));
  } else if (pending.answers == nullptr) {
    pending.promise.Resolve(FromDouble(addon->env, static_cast<double>(batch.answers[0])));
  } else {
    napi_value answers = nullptr;
    napi_get_reference_value(addon->env, pending.answers, &answers);
    WriteAnswers(batch, Napi::ArrayBuffer(addon->env, answers));
    pending.promise.Resolve(answers);
  }
  if (pending.answers != nullptr) napi_delete_reference(addon->env, pending.answers);
  addon->Unhold(pending.environment);
}

// A copy of the batch that JavaScript has encoded; null if there is no memory for it.
std::shared_ptr<WriteBatch> CopyBatch(Slice encoded, size_t count) {
  auto batch = std::make_shared<WriteBatch>();
  batch->bytes.reset(new (std::nothrow) uint8_t[encoded.size]);
  if (!batch->bytes || !batch->Allocate(count)) return nullptr;
  batch->size = encoded.size;
  if (encoded.size > 0) memcpy(batch->bytes.get(), encoded.data, encoded.size);
  batch->caller = std::this_thread::get_id();
  return batch;
}

// batch(environment, offset, length, answers)
Napi::Value AddBatch(const Napi::CallbackInfo& info) {
  const Arguments<4> arguments(info);
  Addon* addon = arguments.addon();
  Promise promise(info.Env());
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  auto pending = std::make_shared<PendingBatch>();
  pending->addon = addon;
  Slice encoded;
  const bool is_one = info[3].IsUndefined();
  if (!promise.ok() || !arguments.Environment(0, &pending->environment) || !arguments.Io(1, &encoded) ||
      !(is_one || arguments.ArrayBuffer(3))) {
    return {};
  }
  const size_t count = is_one ? 1 : info[3].As<Napi::ArrayBuffer>().ByteLength() / sizeof(double);
  Environment& core = *pending->environment->core;
  pending->path = core.database()->path();
  if (core.read_only()) return addon->Throw(Status(kReadOnly), "batch()", pending->path.c_str());
  std::shared_ptr<WriteBatch> batch = CopyBatch(encoded, count);
  if (!mailbox || !batch) return addon->Throw(Status(ENOMEM), "batch()", pending->path.c_str());
  if (!Parse(core, batch.get())) return addon->ThrowType("the operations are not well-formed");
  batch->receiver = mailbox.get();
  if (!is_one && napi_create_reference(info.Env(), info[3], 1, &pending->answers) != napi_ok) {
    return addon->Throw(Status(ENOMEM), "batch()", pending->path.c_str());
  }
  const auto done = [mailbox, pending](const std::shared_ptr<WriteBatch>& settled, bool more) {
    mailbox->Post([pending, settled] { Settle(*pending, *settled); }, true, more);
  };
  const Status status = core.AddBatch(std::move(batch), done);
  if (!status.ok()) {
    if (!is_one) napi_delete_reference(info.Env(), pending->answers);
    return addon->Throw(status, "batch()", pending->path.c_str());
  }
  pending->promise = promise.Take();
  mailbox->Expect(info.Env());
  addon->Hold(pending->environment);
  return promise.value();
}

// batchNow(environment, offset, length, answers)
Napi::Value BatchNow(const Napi::CallbackInfo& info) {
  const Arguments<4> arguments(info);
  Addon* addon = arguments.addon();
  OpenEnvironment* environment;
  Slice encoded;
  if (!arguments.Environment(0, &environment) || !arguments.Io(1, &encoded) || !arguments.ArrayBuffer(3)) return {};
  Napi::ArrayBuffer answers = info[3].As<Napi::ArrayBuffer>();
  Environment& core = *environment->core;
  const std::string path = core.database()->path();
  if (core.read_only()) return addon->Throw(Status(kReadOnly), "batchNow()", path.c_str());
  const std::shared_ptr<WriteBatch> batch = CopyBatch(encoded, answers.ByteLength() / sizeof(double));
  if (!batch) return addon->Throw(Status(ENOMEM), "batchNow()", path.c_str());
  if (!Parse(core, batch.get())) return addon->ThrowType("the operations are not well-formed");
  if (!core.CommitNow(batch.get())) return FromBool(info.Env(), false);
  if (batch->status.ok()) {
    WriteAnswers(*batch, answers);
    return FromBool(info.Env(), true);
  }
  return addon->Throw(BatchError(addon, *batch, path));
}

// Whether `encoded` has `count` well-formed operations, and nothing else.
bool IsWellFormed(const Environment& environment, Slice encoded, size_t count) {
  const uint8_t* at = encoded.data;
  Change operation;
  for (size_t i = 0; i < count; i++) {
    if (!ParseOperation(environment, &at, encoded.data + encoded.size, &operation)) return false;
  }
  return at == encoded.data + encoded.size;
}

// changes(transaction, offset, length, answers)
Napi::Value MakeChanges(const Napi::CallbackInfo& info) {
  const Arguments<4> arguments(info);
  Addon* addon = arguments.addon();
  WriteTransaction* transaction;
  Slice encoded;
  addon->BeginChange();
  if (!arguments.Write(0, &transaction) || !arguments.Io(1, &encoded) || !arguments.ArrayBuffer(3)) return {};
  Napi::ArrayBuffer answers = info[3].As<Napi::ArrayBuffer>();
  const size_t count = answers.ByteLength() / sizeof(double);
  const Environment& environment = *transaction->environment();
  if (!IsWellFormed(environment, encoded, count)) return addon->ThrowType("the changes are not well-formed");
  const uint8_t* at = encoded.data;
  for (size_t i = 0; i < count; i++) {
    Change change;
    uint64_t answer;
    ParseOperation(environment, &at, encoded.data + encoded.size, &change);
    const Status status = transaction->Apply(change, &answer);
    if (!status.ok()) return ThrowFailed(addon, *transaction, status, "change " + change.collection->Title());
    WriteAnswer(answer, i, static_cast<uint8_t*>(answers.Data()));
  }
  return Done(info.Env());
}

// batchesAdded(environment)
Napi::Value BatchesAdded(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  environment->core->EndAdding();
  return Done(info.Env());
}

}  // namespace

Functions BatchFunctions() {
  return {{"batch", Callback<AddBatch>},
          {"batchNow", Callback<BatchNow>},
          {"changes", Callback<MakeChanges>},
          {"batchesAdded", Callback<BatchesAdded>}};
}

}  // namespace leasehold
