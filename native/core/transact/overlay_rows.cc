#include "core/transact/overlay_rows.h"

#include <algorithm>

#include "core/range/snapshot_rows.h"

namespace leasehold {

Status OverlayRows::Open(ReadTransaction* transaction, Overlay* overlay, Overlay::Work* work, RangeOptions&& options,
                         std::unique_ptr<Rows>* rows) {
  std::unique_ptr<OverlayRows> opened(new OverlayRows(transaction, overlay, work, std::move(options)));
  Status status = opened->OpenStored(opened->range_);
  if (status.ok()) *rows = std::move(opened);
  return status;
}

Status OverlayRows::OpenStored(const KeyRange& range) {
  stored_.reset();
  batch_ = Batch{};
  stored_at_ = 0;
  stepped_ = false;
  if (range.IsEmpty()) return Status();
  return SnapshotRows::Open(transaction_, work_->collection, range.ToOptions(options_.reverse, options_.keys_only),
                            &stored_);
}

Status OverlayRows::SkipCleared(const KeyRange& cleared) {
  // An empty bound is the end of all keys.
  if (options_.reverse) {
    return OpenStored(cleared.from.empty() ? KeyRange::Nothing() : KeyRange(rest_.from, cleared.from));
  }
  return OpenStored(cleared.to.empty() ? KeyRange::Nothing() : KeyRange(cleared.to, rest_.to));
}

Status OverlayRows::ReadStored(uint32_t max, size_t budget) {
  if (has_stored() || stored_ == nullptr || stored_->done()) return Status();
  rows_.resize(max);
  stored_at_ = 0;
  Status status = stored_->Fill(rows_.data(), max, budget, &batch_);
  if (!status.ok() || !batch_.needs_step) return status;
  return stored_->Step(&stepped_key_, &stepped_value_, &stepped_);
}

Overlay::Writes::const_iterator OverlayRows::NextWrite() const {
  const Overlay::Writes& writes = work_->writes;
  Overlay::Writes::const_iterator next;
  if (!options_.reverse) {
    next = placed_ ? writes.upper_bound(ViewOf(last_)) : writes.lower_bound(rest_.from);
  } else {
    next = placed_ ? writes.lower_bound(ViewOf(last_)) : rest_.to.empty() ? writes.end() : writes.lower_bound(rest_.to);
    if (next == writes.begin()) return writes.end();
    --next;
  }
  return next != writes.end() && rest_.Contains(next->first) ? next : writes.end();
}

Status OverlayRows::Find(uint32_t max, size_t budget, Next* next) {
  *next = Next::kNone;
  const bool has_any_keys = work_->collection->has_any_keys();
  const auto none = work_->cleared.end();
  auto skipped = none;
  for (;;) {
    Status status = ReadStored(max, budget);
    if (!status.ok()) return status;
    own_ = NextWrite();
    const bool has_own = own_ != work_->writes.end();
    if (!has_stored() && !has_own) return Status();
    if (has_stored()) {
      const std::string_view key = ViewOf(StoredKey());
      // Long keys that are not in their order are damaged. To search the next one again and again would not end.
      if (placed_ && has_any_keys && !ComesBefore(ViewOf(last_), key)) return Status(MDB_CORRUPTED);
      if (const auto cleared = work_->cleared.Find(key); cleared != none) {
        // Behind a range that was skipped there is no key of it: the stored key is damaged.
        if (skipped != none && !ComesBefore(skipped->first, cleared->first)) return Status(MDB_CORRUPTED);
        skipped = cleared;
        status = SkipCleared(KeyRange(cleared->first, cleared->second));
        if (!status.ok()) return status;
        continue;
      }
      if (has_own && own_->first == key) {
        DropStored();
        continue;
      }
      if (!has_own || ComesBefore(key, own_->first)) {
        *next = Next::kStored;
        return Status();
      }
    }
    if (!own_->second.deleted) {
      *next = Next::kOwn;
      return Status();
    }
    last_ = SliceOf(own_->first);
    placed_ = true;
  }
}

uint32_t OverlayRows::RunLength(uint32_t max, size_t budget, size_t* bytes) const {
  const bool has_own = own_ != work_->writes.end();
  const uint32_t most = std::min(max, batch_.count - stored_at_);
  uint32_t run = 0;
  *bytes = 0;
  for (; run < most; run++) {
    const leasehold_row& row = rows_[stored_at_ + run];
    const size_t size = size_t{row.key_length} + lead() + row.value_length;
    if (run > 0) {
      const std::string_view key = ViewOf(KeyOfRow(stored_at_ + run));
      if (*bytes + size > budget || (has_own && !ComesBefore(key, own_->first)) || work_->cleared.Contains(key)) break;
    }
    *bytes += size;
  }
  return run;
}

Status OverlayRows::Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) {
  *batch = Batch{};
  Status status = SkipOffset();
  if (!status.ok()) return status;
  filled_ = 0;
  max = static_cast<uint32_t>(std::min<uint64_t>(max, options_.limit - given_));
  set_done(max == 0);
  if (max == 0) return Status();
  Next next;
  status = Find(max, budget, &next);
  if (!status.ok()) return status;
  if (next == Next::kNone) {
    NoteEnd();
    return Status();
  }
  if (next == Next::kOwn || stepped_) {
    batch->needs_step = true;
    return Status();
  }
  size_t bytes;
  const uint32_t run = RunLength(max, budget, &bytes);
  std::copy_n(rows_.begin() + stored_at_, run, rows);
  *batch = batch_;
  batch->count = run;
  batch->bytes = bytes;
  stored_at_ += run;
  filled_ = run;
  SetLast(KeyOfRow(stored_at_ - 1), run);
  if (!done() && !has_stored() && (stored_ == nullptr || stored_->done()) && NextWrite() == work_->writes.end())
    NoteEnd();
  return Status();
}

Status OverlayRows::Take(Slice* key, Slice* value, bool* found) {
  Next next;
  Status status = Find(1, 0, &next);
  *found = status.ok() && next != Next::kNone;
  if (!*found) return status;
  if (next == Next::kOwn) {
    *key = SliceOf(own_->first);
    *value = own_->second.value;
    if (options_.keys_only) value->size = 0;
  } else {
    *key = StoredKey();
    *value = stepped_ ? stepped_value_
                      : Slice{batch_.values + rows_[stored_at_].value_offset, rows_[stored_at_].value_length};
    DropStored();
  }
  last_ = *key;
  placed_ = true;
  return Status();
}

Status OverlayRows::Step(Slice* key, Slice* value, bool* found) {
  *found = false;
  Status status = SkipOffset();
  if (!status.ok()) return status;
  filled_ = 0;
  set_done(given_ == options_.limit);
  if (done()) return Status();
  status = Take(key, value, found);
  if (*found) {
    SetLast(*key, 1);
  } else if (status.ok()) {
    NoteEnd();
  }
  return status;
}

Status OverlayRows::SkipOffset() {
  while (to_skip_ > 0) {
    Slice key;
    Slice value;
    bool found;
    Status status = Take(&key, &value, &found);
    if (!status.ok()) return status;
    if (!found) {
      to_skip_ = 0;
      NoteEnd();
      range_ = rest_ = KeyRange::Nothing();
    } else if (--to_skip_ == 0) {
      SetLast(key, 0);
      if (options_.reverse) {
        range_.to = std::string(ViewOf(key));
      } else {
        range_.from = Behind(key);
      }
      rest_ = range_;
    }
  }
  return Status();
}

Status OverlayRows::Seek(const RangeBound& place, uint64_t unread) {
  Status status = SkipOffset();
  if (!status.ok()) return status;
  given_ -= std::min(unread, given_);
  filled_ = 0;
  placed_ = false;
  set_done(false);
  rest_ = range_.Intersection(KeyRange::From(place, options_.reverse));
  noted_ = options_.reverse ? rest_.to : rest_.from;
  return OpenStored(rest_);
}

void OverlayRows::SetLast(Slice key, uint32_t count) {
  last_ = key;
  placed_ = true;
  given_ += count;
  set_done(given_ == options_.limit);
  if (options_.reverse) {
    std::string from(ViewOf(key));
    overlay_->NoteRange(work_, KeyRange(from, noted_));
    noted_ = std::move(from);
  } else {
    std::string to = Behind(key);
    overlay_->NoteRange(work_, KeyRange(noted_, to));
    noted_ = std::move(to);
  }
}

void OverlayRows::NoteEnd() {
  set_done(true);
  overlay_->NoteRange(work_, options_.reverse ? KeyRange(rest_.from, noted_) : KeyRange(noted_, rest_.to));
}

bool OverlayRows::TakeBack(uint32_t count) {
  if (count == 0) return true;
  if (count >= filled_) return false;
  stored_at_ -= count;
  filled_ -= count;
  given_ -= count;
  last_ = KeyOfRow(stored_at_ - 1);
  set_done(false);
  return true;
}

Status OverlayRows::Count(uint64_t* count) {
  RangeOptions forward = options_;
  forward.reverse = false;
  return overlay_->Count(work_, forward, count);
}

}  // namespace leasehold
