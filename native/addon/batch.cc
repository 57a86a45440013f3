// Batches: changes that are committed by a thread of the core, several at once.
#include <string.h>

#include "addon/arguments.h"
#include "addon/promise.h"

namespace leasehold {
namespace {

// An operation as lib/environment/batch.ts writes it: a ChangeKind, the number of the collection, the lengths of the
// value and of the key, then the value and the key. Of kClear the value is the flags of a range, its limit (8 bytes)
// and the lower bound, the key the upper bound. All numbers are little-endian u32.
constexpr size_t kHeaderBytes = 16;
constexpr size_t kRangeBytes = 12;

uint32_t ReadUint32(const uint8_t* at) { return at[0] | at[1] << 8 | at[2] << 16 | static_cast<uint32_t>(at[3]) << 24; }

// The operation at `*at`, which is moved behind it. False if it is not what it should be.
bool ParseOperation(const Environment& environment, const uint8_t** at, const uint8_t* end, Change* operation) {
  if (static_cast<size_t>(end - *at) < kHeaderBytes) return false;
  const uint32_t kind = ReadUint32(*at);
  const uint32_t collection = ReadUint32(*at + 4);
  const size_t value_length = ReadUint32(*at + 8);
  const size_t key_length = ReadUint32(*at + 12);
  *at += kHeaderBytes;
  const auto left = static_cast<size_t>(end - *at);
  if (kind >= kChangeDrop || value_length > left || key_length > left - value_length) return false;
  operation->kind = static_cast<ChangeKind>(kind);
  operation->collection = environment.FindCollection(collection);
  operation->value = Slice{*at, value_length};
  operation->key = Slice{*at + value_length, key_length};
  *at += value_length + key_length;
  if (operation->kind != ChangeKind::kClear) return operation->collection != nullptr;
  const Slice head = operation->value;
  if (head.size < kRangeBytes) return false;
  operation->range_flags = ReadUint32(head.data);
  operation->limit = ReadUint32(head.data + 4) | static_cast<uint64_t>(ReadUint32(head.data + 8)) << 32;
  operation->value = Slice{head.data + kRangeBytes, head.size - kRangeBytes};
  return operation->collection != nullptr;
}

// Finds the operations in `batch->bytes`. False if they are not what they should be.
bool Parse(const Environment& environment, WriteBatch* batch) {
  const uint8_t* at = batch->bytes.get();
  const uint8_t* const end = at + batch->size;
  for (size_t i = 0; i < batch->count; i++) {
    if (!ParseOperation(environment, &at, end, &batch->operations[i])) return false;
  }
  return at == end;
}

// What a batch leaves for the JavaScript thread to settle.
struct PendingBatch {
  Addon* addon;
  OpenEnvironment* environment;
  napi_deferred promise;
  napi_ref answers;  // the ArrayBuffer that they are written to
  std::string path;
};

// Writes what each operation was answered to the ArrayBuffer that was given for it, as doubles; gives that.
napi_value TellAnswers(const PendingBatch& pending, const WriteBatch& batch) {
  napi_env env = pending.addon->env;
  napi_value answers = nullptr;
  void* data;
  size_t size;
  if (napi_get_reference_value(env, pending.answers, &answers) == napi_ok && answers != nullptr &&
      napi_get_arraybuffer_info(env, answers, &data, &size) == napi_ok && size == batch.count * sizeof(double)) {
    for (size_t i = 0; i < batch.count; i++) {
      const auto answer = static_cast<double>(batch.answers[i]);
      memcpy(static_cast<uint8_t*>(data) + i * sizeof(double), &answer, sizeof(double));
    }
  }
  return answers;
}

void Settle(const PendingBatch& pending, const WriteBatch& batch) {
  Addon* addon = pending.addon;
  napi_env env = addon->env;
  if (batch.status.ok()) {
    napi_resolve_deferred(env, pending.promise, TellAnswers(pending, batch));
  } else {
    const bool has_index = batch.failed_at != WriteBatch::kNoOperation;
    const std::string tried =
        has_index ? "operation " + std::to_string(batch.failed_at) + " of the batch" : "the batch";
    napi_value error =
        addon->Error(batch.status, tried + " failed, and nothing of it was applied", pending.path.c_str());
    if (has_index) {
      DefineProperties(env, error, {{"index", FromDouble(env, static_cast<double>(batch.failed_at))}});
    }
    napi_reject_deferred(env, pending.promise, error);
  }
  napi_delete_reference(env, pending.answers);
  addon->Unhold(pending.environment);
}

// batch(environment, offset, length, answers)
napi_value AddBatch(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Addon* addon = arguments.addon();
  Promise promise(env);
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  OpenEnvironment* environment;
  Slice encoded;
  void* answers;
  size_t answers_size;
  if (!promise.ok() || !arguments.Environment(0, &environment) || !arguments.Io(1, &encoded)) return nullptr;
  if (napi_get_arraybuffer_info(env, arguments[3], &answers, &answers_size) != napi_ok) {
    return addon->ThrowType("argument 3 must be an ArrayBuffer");
  }
  Environment* core = environment->core.get();
  if (core->read_only()) return addon->Throw(Status(kReadOnly), "batch()", core->database()->path().c_str());
  auto batch = std::make_shared<WriteBatch>();
  batch->bytes.reset(new (std::nothrow) uint8_t[encoded.size]);
  if (!mailbox || !batch->bytes || !batch->Allocate(answers_size / sizeof(double)))
    return addon->Throw(Status(ENOMEM), "batch()", core->database()->path().c_str());
  batch->size = encoded.size;
  if (encoded.size > 0) memcpy(batch->bytes.get(), encoded.data, encoded.size);
  if (!Parse(*core, batch.get())) return addon->ThrowType("the operations are not well-formed");
  batch->caller = std::this_thread::get_id();

  auto pending = std::make_shared<PendingBatch>();
  pending->addon = addon;
  pending->environment = environment;
  pending->path = core->database()->path();
  pending->promise = promise.deferred();
  if (napi_create_reference(env, arguments[3], 1, &pending->answers) != napi_ok) {
    return addon->Throw(Status(ENOMEM), "batch()", pending->path.c_str());
  }
  const auto done = [mailbox, pending](const std::shared_ptr<WriteBatch>& settled) {
    mailbox->Post([pending, settled] { Settle(*pending, *settled); });
  };
  const Status status = core->database()->batches().Add(std::move(batch), done);
  if (!status.ok()) {
    napi_delete_reference(env, pending->answers);
    return addon->Throw(status, "batch()", pending->path.c_str());
  }
  promise.Take();
  mailbox->Expect();
  addon->Hold(environment);
  return promise.value();
}

}  // namespace

Functions BatchFunctions() { return {{"batch", AddBatch}}; }

}  // namespace leasehold
