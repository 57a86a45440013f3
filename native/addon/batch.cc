// Batches: changes that are committed by a thread of the core, several at once.
#include <string.h>

#include "addon/arguments.h"
#include "addon/promise.h"
#include "addon/range_arguments.h"

namespace leasehold {
namespace {

// An operation as lib/environment/batch.ts writes it: a ChangeKind, the number of the collection, the lengths of the
// value and of the key, then the value and the key. Of kClear the value is the flags of a range, its limit (8 bytes)
// and the lower bound, the key the upper bound. All numbers are little-endian u32.
constexpr size_t kHeaderBytes = 16;
constexpr size_t kRangeBytes = 12;

uint32_t ReadUint32(const uint8_t* at) { return at[0] | at[1] << 8 | at[2] << 16 | static_cast<uint32_t>(at[3]) << 24; }

bool ParseRange(Slice head, Slice upper, RangeOptions* range) {
  if (head.size < kRangeBytes) return false;
  const uint64_t limit = ReadUint32(head.data + 4) | static_cast<uint64_t>(ReadUint32(head.data + 8)) << 32;
  *range = RangeOf(ReadUint32(head.data), Slice{head.data + kRangeBytes, head.size - kRangeBytes}, upper, limit);
  return true;
}

// Finds the operations in `batch->bytes`. False if they are not what they should be.
bool Parse(const Environment& environment, WriteBatch* batch) {
  const uint8_t* at = batch->bytes.get();
  const uint8_t* const end = at + batch->size;
  while (at < end) {
    if (static_cast<size_t>(end - at) < kHeaderBytes) return false;
    const uint32_t kind = ReadUint32(at);
    const uint32_t collection = ReadUint32(at + 4);
    const size_t value_length = ReadUint32(at + 8);
    const size_t key_length = ReadUint32(at + 12);
    at += kHeaderBytes;
    const auto left = static_cast<size_t>(end - at);
    if (kind >= kChangeKinds || value_length > left || key_length > left - value_length) return false;
    Change operation{static_cast<ChangeKind>(kind), environment.FindCollection(collection)};
    if (operation.collection == nullptr || operation.kind == ChangeKind::kDrop) return false;
    operation.value = Slice{at, value_length};
    operation.key = Slice{at + value_length, key_length};
    if (operation.kind == ChangeKind::kClear) {
      if (!ParseRange(operation.value, operation.key, &batch->ranges.emplace_back())) return false;
      operation.range = &batch->ranges.back();
    }
    batch->operations.push_back(operation);
    at += value_length + key_length;
  }
  return true;
}

// What a batch leaves for the JavaScript thread to settle.
struct PendingBatch {
  Addon* addon;
  OpenEnvironment* environment;
  napi_deferred promise;
  std::string path;
};

// What each operation was answered, as an ArrayBuffer of doubles; undefined if that cannot be made.
napi_value AnswersOf(napi_env env, const WriteBatch& batch) {
  napi_value answers;
  void* data;
  if (napi_create_arraybuffer(env, batch.answers.size() * sizeof(double), &data, &answers) != napi_ok) {
    napi_get_undefined(env, &answers);
    return answers;
  }
  auto* numbers = static_cast<double*>(data);
  for (size_t i = 0; i < batch.answers.size(); i++) numbers[i] = static_cast<double>(batch.answers[i]);
  return answers;
}

void Settle(const PendingBatch& pending, const WriteBatch& batch) {
  Addon* addon = pending.addon;
  napi_env env = addon->env;
  if (batch.status.ok()) {
    napi_resolve_deferred(env, pending.promise, AnswersOf(env, batch));
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
  addon->Unhold(pending.environment);
}

// batch(environment, offset, length)
napi_value AddBatch(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Addon* addon = arguments.addon();
  Promise promise(env);
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  OpenEnvironment* environment;
  Slice encoded;
  if (!promise.ok() || !arguments.Environment(0, &environment) || !arguments.Io(1, &encoded)) return nullptr;
  Environment* core = environment->core.get();
  if (core->read_only()) return addon->Throw(Status(kReadOnly), "batch()", core->database()->path().c_str());
  auto batch = std::make_shared<WriteBatch>();
  batch->bytes.reset(new (std::nothrow) uint8_t[encoded.size]);
  if (!mailbox || !batch->bytes) return addon->Throw(Status(ENOMEM), "batch()", core->database()->path().c_str());
  batch->size = encoded.size;
  if (encoded.size > 0) memcpy(batch->bytes.get(), encoded.data, encoded.size);
  if (!Parse(*core, batch.get())) return addon->ThrowType("the operations are not well-formed");
  batch->caller = std::this_thread::get_id();

  auto pending = std::make_shared<PendingBatch>();
  pending->addon = addon;
  pending->environment = environment;
  pending->path = core->database()->path();
  pending->promise = promise.deferred();
  const auto done = [mailbox, pending](const std::shared_ptr<WriteBatch>& settled) {
    mailbox->Post([pending, settled] { Settle(*pending, *settled); });
  };
  const Status status = core->database()->batches().Add(std::move(batch), done);
  if (!status.ok()) return addon->Throw(status, "batch()", pending->path.c_str());
  promise.Take();
  mailbox->Expect();
  addon->Hold(environment);
  return promise.value();
}

}  // namespace

Functions BatchFunctions() { return {{"batch", AddBatch}}; }

}  // namespace leasehold
