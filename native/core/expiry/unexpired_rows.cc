#include "core/expiry/unexpired_rows.h"

#include <algorithm>

#include "core/expiry/expiry.h"
#include "core/range/open_range.h"

namespace leasehold {
namespace {

// What Count reads at once.
constexpr uint32_t kCountedRows = 256;
constexpr size_t kCountedBytes = size_t{1} << 16;

}  // namespace

Status UnexpiredRows::Open(Transaction* transaction, Collection* collection, RangeOptions&& options,
                           std::unique_ptr<Rows>* rows) {
  std::unique_ptr<UnexpiredRows> opened(new UnexpiredRows(transaction, collection, std::move(options)));
  Status status = opened->OpenAll();
  if (!status.ok()) return status;
  opened->set_done(opened->all_->done());
  *rows = std::move(opened);
  return Status();
}

Status UnexpiredRows::OpenAll() {
  RangeOptions all = options_;
  // The time stands before the value.
  all.keys_only = false;
  all.limit = kNoLimit;
  all.offset = 0;
  all_.reset();
  return OpenAllRows(transaction_, collection_, std::move(all), &all_);
}

Status UnexpiredRows::SkipOffset() {
  if (options_.offset == 0) return Status();
  Slice key;
  Slice value;
  bool found = true;
  Status status = OpenAll();
  for (uint64_t i = 0; i <= options_.offset && found && status.ok(); i++) status = StepOver(&key, &value, &found);
  if (!status.ok() || !found) return status;
  RangeBound start;
  start.Assign(key, false);
  (options_.reverse ? options_.upper : options_.lower) = std::move(start);
  options_.offset = 0;
  return OpenAll();
}

void UnexpiredRows::NoteGiven(uint32_t count) {
  given_ += count;
  set_done(all_->done() || given_ == options_.limit);
}

Status UnexpiredRows::LeaveOutExpired(leasehold_row* rows, uint64_t now, Batch* batch) {
  filled_ = batch->count;
  kept_.clear();
  batch->count = 0;
  batch->bytes = 0;
  const bool can_change = transaction_->is_write() || transaction_->overlay() != nullptr;
  for (uint32_t i = 0; i < filled_; i++) {
    leasehold_row row = rows[i];
    if (IsExpired(TimeBefore(batch->values + row.value_offset), now)) continue;
    if (options_.keys_only) row.value_length = 0;
    rows[batch->count++] = row;
    batch->bytes += row.key_length + size_t{lead()} + row.value_length;
    if (can_change) kept_.push_back(i);
  }
  return kept_.empty() ? Status() : GoBackTo(kept_.back());
}

Status UnexpiredRows::GoBackTo(uint32_t row) {
  const uint32_t behind = filled_ - row - 1;
  filled_ = row + 1;
  return all_->TakeBack(behind) ? Status() : Status(kInvalidArgument, "these entries cannot be read again");
}

Status UnexpiredRows::Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) {
  *batch = Batch{};
  filled_ = 0;
  kept_.clear();
  max = static_cast<uint32_t>(std::min<uint64_t>(max, options_.limit - given_));
  Status status = SkipOffset();
  const uint64_t now = CurrentTime();
  while (status.ok() && max > 0 && batch->count == 0) {
    status = all_->Fill(rows, max, budget, batch);
    if (!status.ok() || batch->count == 0) break;
    status = LeaveOutExpired(rows, now, batch);
  }
  NoteGiven(batch->count);
  return status;
}

Status UnexpiredRows::StepOver(Slice* key, Slice* value, bool* found) {
  const uint64_t now = CurrentTime();
  Status status;
  do {
    status = all_->Step(key, value, found);
  } while (*found && IsExpired(TimeBefore(value->data), now));
  return status;
}

Status UnexpiredRows::Step(Slice* key, Slice* value, bool* found) {
  *found = false;
  filled_ = 0;
  kept_.clear();
  Status status = SkipOffset();
  if (status.ok() && given_ < options_.limit) status = StepOver(key, value, found);
  if (*found && options_.keys_only) value->size = 0;
  NoteGiven(*found ? 1 : 0);
  return status;
}

Status UnexpiredRows::Seek(const RangeBound& place, uint64_t unread) {
  filled_ = 0;
  kept_.clear();
  given_ -= std::min(unread, given_);
  Status status = SkipOffset();
  if (status.ok()) status = all_->Seek(place, 0);
  NoteGiven(0);
  return status;
}

bool UnexpiredRows::TakeBack(uint32_t count) {
  if (count == 0) return true;
  if (count >= kept_.size()) return false;
  kept_.resize(kept_.size() - count);
  given_ -= count;
  set_done(false);
  return GoBackTo(kept_.back()).ok();
}

Status UnexpiredRows::Count(uint64_t* count) {
  *count = 0;
  RangeOptions options = options_;
  options.reverse = false;
  std::unique_ptr<Rows> other;
  Status status = Open(transaction_, collection_, std::move(options), &other);
  while (status.ok() && !other->done()) {
    leasehold_row rows[kCountedRows];
    Batch batch;
    status = other->Fill(rows, kCountedRows, kCountedBytes, &batch);
    *count += batch.count;
    if (!status.ok() || batch.count > 0) continue;
    if (!batch.needs_step) break;
    Slice key;
    Slice value;
    bool found;
    status = other->Step(&key, &value, &found);
    if (found) ++*count;
  }
  return status;
}

}  // namespace leasehold
