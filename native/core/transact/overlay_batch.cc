// The batch that an optimistic transaction becomes at its end.
#include <cerrno>

#include "core/expiry/expiry.h"
#include "core/store/read_transaction.h"
#include "core/transact/overlay.h"

namespace leasehold {
namespace {

// Writes the changes of a batch one after the other. Made without memory, it only counts them and their bytes.
class BatchWriter {
 public:
  explicit BatchWriter(WriteBatch* batch) : batch_(batch) {}

  void AddCheck(Collection* collection, std::string_view key, uint64_t version) {
    Change change{ChangeKind::kCheck, collection};
    change.version = version;
    Add(change, SliceOf(key), Slice());
  }

  void AddRangeCheck(Collection* collection, const KeyRange& range, uint64_t tid) {
    Change change{ChangeKind::kCheckRange, collection};
    change.version = tid;
    AddRange(change, range);
  }

  void AddClear(Collection* collection, const KeyRange& range) { AddRange({ChangeKind::kClear, collection}, range); }

  void AddWrite(Collection* collection, std::string_view key, const Overlay::Write& write) {
    if (write.only_adds()) {
      Add({ChangeKind::kAdd, collection}, SliceOf(key), write.added);
    } else if (!write.deleted) {
      Change put{ChangeKind::kPut, collection};
      if (collection->expires()) put.expiry.bits = TimeBefore(write.value.data);
      Add(put, SliceOf(key), write.value);
    } else if (write.version != 0 && !write.in_cleared) {
      Add({ChangeKind::kDelete, collection}, SliceOf(key), Slice());
    }
  }

  size_t count() const { return count_; }
  size_t size() const { return size_; }

 private:
  void AddRange(Change change, const KeyRange& range) {
    change.range_flags =
        (range.from.empty() ? 0 : kRangeLower) | (range.to.empty() ? 0 : kRangeUpper | kRangeUpperOpen);
    Add(change, SliceOf(range.to), SliceOf(range.from));
  }

  void Add(Change change, Slice key, Slice value) {
    if (batch_ != nullptr) {
      change.key = Write(key, size_);
      change.value = Write(value, size_ + key.size);
      batch_->operations[count_] = change;
    }
    count_++;
    size_ += key.size + value.size;
  }

  Slice Write(Slice bytes, size_t at) {
    uint8_t* to = batch_->bytes.get() + at;
    if (bytes.size > 0) memcpy(to, bytes.data, bytes.size);
    return Slice{to, bytes.size};
  }

  WriteBatch* const batch_;
  size_t count_ = 0;
  size_t size_ = 0;
};

// A range that was cleared is checked as one that was read is: a key that somebody has added there meanwhile would be
// lost.
void AddChecks(const Overlay::Work& work, uint64_t tid, BatchWriter* writer) {
  Collection* collection = work.collection;
  KeyRanges ranges = work.read_ranges;
  for (const auto& [from, to] : work.cleared) ranges.Add(KeyRange(from, to));
  for (const auto& [from, to] : ranges) writer->AddRangeCheck(collection, KeyRange(from, to), tid);
  for (const auto& [key, version] : work.read_keys) {
    const auto own = work.writes.find(key);
    const bool is_checked_below = own != work.writes.end() && !own->second.only_adds();
    if (!is_checked_below && !ranges.Contains(key)) writer->AddCheck(collection, key, version);
  }
  for (const auto& [key, write] : work.writes) {
    if (!write.only_adds() && !ranges.Contains(key)) writer->AddCheck(collection, key, write.version);
  }
}

void AddChanges(const Overlay::Work& work, BatchWriter* writer) {
  for (const auto& [from, to] : work.cleared) writer->AddClear(work.collection, KeyRange(from, to));
  for (const auto& [key, write] : work.writes) writer->AddWrite(work.collection, key, write);
}

}  // namespace

Status Overlay::MakeBatch(WriteBatch* batch) const {
  uint64_t tid;
  Status status = transaction_->SeenTid(&tid);
  if (!status.ok()) return status;
  const auto write = [&](BatchWriter* writer) {
    for (const auto& [collection, work] : works_) AddChecks(work, tid, writer);
    const size_t checks = writer->count();
    for (const auto& [collection, work] : works_) AddChanges(work, writer);
    return checks;
  };
  BatchWriter measured(nullptr);
  batch->checks = write(&measured);
  batch->size = measured.size();
  batch->bytes.reset(new (std::nothrow) uint8_t[batch->size]);
  if (!batch->bytes || !batch->Allocate(measured.count())) return Status(ENOMEM);
  BatchWriter writer(batch);
  write(&writer);
  return Status();
}

}  // namespace leasehold
