#include <string.h>

#include "contract.h"
#include "core/answers/answers.h"
#include "core/versions/header.h"

namespace leasehold {
namespace {

uint32_t ReadU32(const uint8_t* from) {
  uint32_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

uint64_t ReadU64(const uint8_t* from) {
  uint64_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

void Write(Output* out, const void* bytes, size_t size) {
  if (size > 0) memcpy(out->data + out->at, bytes, size);
  out->at += size;
}

template <typename T>
void WriteNumber(Output* out, T value) {
  Write(out, &value, sizeof value);
}

// The state of a key.
struct State {
  uint64_t tid = 0;  // of an absent key: since when it is absent
  bool is_absent = false;
  Slice value;
};

Status Read(Transaction* transaction, Collection* collection, Slice key, uint64_t absent, State* state) {
  MDB_val found;
  const Status status = transaction->Get(collection, key, &found);
  if (status.code() == MDB_NOTFOUND) {
    *state = {absent, true, {}};
    return Status();
  }
  if (!status.ok()) return status;
  state->value = ToSlice(found);
  state->tid = TidBefore(*collection, state->value.data);
  return Status();
}

constexpr size_t kStateBytes = 2 * sizeof(uint64_t);

size_t Padded(size_t size) { return (size + 3) & ~size_t{3}; }

// Answers the frame that begins at `*at`. False if that is not for this function.
bool AnswerGet(Transaction* transaction, const CollectionIds& collections, const AsOf& as_of, Slice frames, size_t* at,
               Output* out) {
  const uint64_t tid = as_of.tid;
  const size_t there = frames.size - *at;
  const uint8_t* frame = frames.data + *at;
  if (there < kFrameHeadBytes + sizeof tid) return false;
  const size_t length = ReadU32(frame);
  const uint32_t kind = frame[8] | frame[9] << 8;
  const uint32_t number = frame[10] | frame[11] << 8;
  if (kind != (kFrameGet | kFrameFin << 8) || length < sizeof tid || length > there - kFrameHeadBytes) return false;
  const size_t size = Padded(kFrameHeadBytes + length);
  if (size > there || ReadU64(frame + kFrameHeadBytes) != tid) return false;
  if (number >= collections.count || collections.ids[number] == 0) return false;
  Collection* collection = transaction->environment()->FindCollection(collections.ids[number] - 1);
  if (collection == nullptr || !collection->has_versions()) return false;
  const Slice key{frame + kFrameHeadBytes + sizeof tid, length - sizeof tid};
  State state;
  if (!Read(transaction, collection, key, as_of.absent, &state).ok()) return false;
  if (state.is_absent && as_of.absent == 0) return false;
  if (state.value.size > kFrameSmallValue) return false;
  const size_t payload = kStateBytes + state.value.size;
  const size_t answer = Padded(kFrameHeadBytes + payload);
  if (answer > out->room()) return false;
  const uint32_t flags = kFrameFin | (state.is_absent ? kFrameAbsent : 0);
  const size_t end = out->at + answer;
  WriteNumber(out, static_cast<uint32_t>(payload));
  Write(out, frame + 4, 4);
  WriteNumber(out, kFrameValue | flags << 8);
  WriteNumber(out, state.tid);
  WriteNumber(out, uint64_t{0});
  Write(out, state.value.data, state.value.size);
  while (out->at < end) WriteNumber(out, uint8_t{0});
  *at += size;
  return true;
}

}  // namespace

void AnswerGets(Transaction* transaction, const CollectionIds& collections, const AsOf& as_of, Slice frames, size_t* at,
                Output* out, uint32_t* answered) {
  *answered = 0;
  while (AnswerGet(transaction, collections, as_of, frames, at, out)) ++*answered;
}

Status AnswerMany(Transaction* transaction, Collection* collection, const AsOf& as_of, Slice keys, size_t* at,
                  uint32_t count, Output* out, uint32_t* answered) {
  *answered = 0;
  if (!collection->has_versions()) return Status(kInvalidArgument, "it was made without versions: true");
  for (; *answered < count; ++*answered) {
    const size_t there = keys.size - *at;
    if (there < sizeof(uint32_t)) return Status(kInvalidArgument, "a key must be inside of its frame");
    const size_t length = ReadU32(keys.data + *at);
    if (length > there - sizeof(uint32_t)) return Status(kInvalidArgument, "a key must be inside of its frame");
    State state;
    const Status status =
        Read(transaction, collection, Slice{keys.data + *at + sizeof(uint32_t), length}, as_of.absent, &state);
    if (!status.ok()) return status;
    if (state.is_absent && as_of.absent == 0) break;
    const bool is_large = state.value.size > kFrameLargeBytes;
    const Slice value = is_large ? Slice{} : state.value;
    if (kStateBytes + sizeof(uint32_t) + value.size > out->room()) break;
    WriteNumber(out, state.tid);
    WriteNumber(out, uint64_t{0});
    WriteNumber(out, state.is_absent ? kValueNone : is_large ? kValueLarge : static_cast<uint32_t>(value.size));
    Write(out, value.data, value.size);
    *at += sizeof(uint32_t) + length;
  }
  return Status();
}

}  // namespace leasehold
