#include "core/join/join.h"

namespace leasehold {

Status EntryReader::Read(Entry* entries, uint32_t* count) {
  *count = 0;
  if (rows_->done()) return Status();
  leasehold_row rows[kMost];
  Batch batch;
  Status status = rows_->Fill(rows, kMost, SIZE_MAX, &batch);
  if (!status.ok()) return status;
  if (batch.needs_step) {
    Slice key;
    Slice value;
    bool found;
    status = rows_->Step(&key, &value, &found);
    if (!status.ok() || !found) return status;
    entries[0] = {key.data, value.data, static_cast<uint32_t>(key.size), static_cast<uint32_t>(value.size)};
    *count = 1;
    return Status();
  }
  for (uint32_t i = 0; i < batch.count; i++) {
    entries[i] = {batch.keys + rows[i].key_offset, batch.values + rows[i].value_offset, rows[i].key_length,
                  rows[i].value_length};
  }
  *count = batch.count;
  return Status();
}

Status EntryReader::Next(Entry* entry, bool* found) {
  if (read_at_ == read_count_) {
    read_at_ = 0;
    Status status = Read(read_, &read_count_);
    if (!status.ok()) return status;
  }
  *found = read_at_ < read_count_;
  if (*found) *entry = read_[read_at_++];
  return Status();
}

Status Join::Peek(uint32_t most, const Pair** pairs, uint32_t* count) {
  if (taken_ == pairs_.size()) {
    pairs_.clear();
    taken_ = 0;
    wanted_ = most;
    Status status = Refill();
    if (!status.ok()) return status;
  }
  *pairs = pairs_.data() + taken_;
  *count = static_cast<uint32_t>(pairs_.size() - taken_);
  return Status();
}

}  // namespace leasehold
