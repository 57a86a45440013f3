#include "core/rows/given_rows.h"

#include <cerrno>
#include <new>

namespace leasehold {

Status GivenRows::Add(const uint32_t* lengths, uint32_t count, Slice bytes) {
  uint64_t size = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (lengths[2 * i] > kMostKeyBytes)
      return Status(kInvalidArgument, "a given key of a join has more than 65535 bytes");
    size += uint64_t{lengths[2 * i]} + lengths[2 * i + 1];
  }
  const uint64_t with_numbers = size + uint64_t{count} * sizeof(uint32_t);
  if (size != bytes.size || with_numbers > UINT32_MAX || count > UINT32_MAX - count_) {
    return Status(kInvalidArgument, "the lengths of entries must add up to their bytes");
  }
  if (count == 0) return Status();
  Chunk chunk{std::unique_ptr<uint8_t[]>(new (std::nothrow) uint8_t[with_numbers]), std::vector<leasehold_row>(count)};
  if (!chunk.bytes) return Status(ENOMEM);
  uint32_t at = 0;
  const uint8_t* from = bytes.data;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t key_length = lengths[2 * i];
    const uint32_t value_length = lengths[2 * i + 1];
    const uint32_t number = count_ + i;
    memcpy(chunk.bytes.get() + at, &number, sizeof(number));
    at += sizeof(number);
    if (key_length + value_length > 0) memcpy(chunk.bytes.get() + at, from, size_t{key_length} + value_length);
    chunk.rows[i] = {at, key_length, at + key_length, value_length};
    at += key_length + value_length;
    from += key_length + value_length;
  }
  chunks_.push_back(std::move(chunk));
  count_ += count;
  return Status();
}

Status GivenRows::Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) {
  *batch = Batch{};
  if (chunk_at_ == chunks_.size()) {
    set_done(true);
    return Status();
  }
  const Chunk& chunk = chunks_[chunk_at_];
  batch->keys = batch->values = chunk.bytes.get();
  while (batch->count < max && row_at_ < chunk.rows.size()) {
    const leasehold_row& row = chunk.rows[row_at_];
    const size_t size = size_t{row.key_length} + row.value_length;
    if (batch->count > 0 && (batch->bytes > budget || size > budget - batch->bytes)) break;
    rows[batch->count++] = row;
    batch->bytes += size;
    row_at_++;
  }
  if (row_at_ == chunk.rows.size()) {
    chunk_at_++;
    row_at_ = 0;
  }
  return Status();
}

Status GivenRows::Step(Slice* key, Slice* value, bool* found) {
  leasehold_row row;
  Batch batch;
  Status status = Fill(&row, 1, 0, &batch);
  *found = batch.count == 1;
  if (!*found) return status;
  *key = Slice{batch.keys + row.key_offset, row.key_length};
  *value = Slice{batch.values + row.value_offset, row.value_length};
  return status;
}

Status GivenRows::Count(uint64_t* count) {
  *count = count_;
  return Status();
}

}  // namespace leasehold
