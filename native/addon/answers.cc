// What a server answers: written straight to the memory that goes to a socket.
#include "core/answers/answers.h"

#include <algorithm>

#include "addon/arguments.h"
#include "addon/range_arguments.h"

namespace leasehold {
namespace {

// A Uint8Array to write to and the place from which on, given as the arguments `i` and `i + 1`.
bool ReadOutput(const ArgumentReader& arguments, size_t i, Output* out) {
  void* data;
  uint32_t at;
  if (!arguments.TypedArray(i, napi_uint8_array, &data, &out->size) || !arguments.Uint32(i + 1, &at)) return false;
  if (at > out->size) return arguments.Fail(i + 1, "inside of its bytes");
  out->data = static_cast<uint8_t*>(data);
  out->at = at;
  return true;
}

// answerGets(transaction, collections, tid, absent, frames, from, length, out, outAt)
napi_value AnswerGetsTo(napi_env env, napi_callback_info info) {
  const Arguments<9> arguments(env, info);
  Transaction* transaction;
  void* ids;
  CollectionIds collections;
  AsOf as_of;
  Slice frames;
  Output out;
  if (!arguments.AnyTransaction(0, &transaction) ||
      !arguments.TypedArray(1, napi_uint32_array, &ids, &collections.count) || !arguments.Size(2, &as_of.tid) ||
      !arguments.Size(3, &as_of.absent) || !arguments.Bytes(4, &frames) || !ReadOutput(arguments, 7, &out)) {
    return nullptr;
  }
  collections.ids = static_cast<const uint32_t*>(ids);
  size_t at = 0;
  uint32_t answered;
  AnswerGets(transaction, collections, as_of, frames, &at, &out, &answered);
  uint32_t* control = arguments.addon()->control.data;
  control[kControlRows] = answered;
  control[kControlBytes] = static_cast<uint32_t>(out.at);
  return FromDouble(env, static_cast<double>(at));
}

// answerMany(transaction, collection, tid, absent, keys, from, length, count, out, outAt)
napi_value AnswerManyTo(napi_env env, napi_callback_info info) {
  const Arguments<10> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  AsOf as_of;
  Slice keys;
  uint32_t count;
  Output out;
  if (!arguments.AnyTransaction(0, &transaction) ||
      !arguments.Collection(1, *transaction->environment(), &collection) || !arguments.Size(2, &as_of.tid) ||
      !arguments.Size(3, &as_of.absent) || !arguments.Bytes(4, &keys) || !arguments.Uint32(7, &count) ||
      !ReadOutput(arguments, 8, &out)) {
    return nullptr;
  }
  size_t at = 0;
  uint32_t answered;
  const Status status = AnswerMany(transaction, collection, as_of, keys, &at, count, &out, &answered);
  if (!status.ok()) return addon->Throw(status, "getMany() from " + collection->Title(), PathOf(*transaction));
  addon->control.data[kControlRows] = answered;
  addon->control.data[kControlBytes] = static_cast<uint32_t>(out.at);
  return FromDouble(env, static_cast<double>(at));
}

// packRows(transaction, collection, flags, boundsOffset, lowerLength, upperLength, limit, skipped, out, outAt)
napi_value PackRowsTo(napi_env env, napi_callback_info info) {
  const Arguments<10> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  RangeParts range;
  Output out;
  if (!ReadRange(arguments, &transaction, &collection, &range) || !ReadOutput(arguments, 8, &out)) return nullptr;
  const bool keys_only = (range.flags & kRangeKeysOnly) != 0;
  // The versions stand before the values.
  range.flags &= ~kRangeKeysOnly;
  PackedRows packed;
  const Status status = PackRows(transaction, collection, RangeOptions(range), keys_only, &out, &packed);
  if (!status.ok()) return addon->Throw(status, "range() of " + collection->Title(), PathOf(*transaction));
  uint32_t* control = addon->control.data;
  control[kControlDone] = packed.is_done ? 1 : 0;
  control[kControlBytes] = static_cast<uint32_t>(out.at);
  control[kControlOffset] = static_cast<uint32_t>(packed.table);
  control[kControlValueLength] = static_cast<uint32_t>(std::min<size_t>(packed.needed, UINT32_MAX));
  return FromInt32(env, static_cast<int32_t>(packed.count));
}

}  // namespace

Functions AnswerFunctions() {
  return {{"answerGets", AnswerGetsTo}, {"answerMany", AnswerManyTo}, {"packRows", PackRowsTo}};
}

}  // namespace leasehold
