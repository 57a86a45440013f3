#include <string.h>

#include <algorithm>
#include <memory>

#include "contract.h"
#include "core/answers/answers.h"
#include "core/range/open_range.h"
#include "core/versions/header.h"

namespace leasehold {
namespace {

// Entries are described up to about a page, then copied while they are in the processor's cache.
constexpr uint32_t kRowsAtATime = 256;
constexpr size_t kPageBytes = 4096;
constexpr size_t kCacheLine = 64;

// Fetches the next page into the cache, a part of it with each row: most of the time of a scan would go into waiting
// for memory. A hint, so that pages of another size do no harm.
class PageFetcher {
 public:
  PageFetcher(const uint8_t* page, uint32_t rows)
      : page_(page),
        step_(kPageBytes / kCacheLine / (rows + 1) + 1),
        left_(page == nullptr ? 0 : kPageBytes / kCacheLine) {}

  void Advance() {
    for (size_t i = 0; i < step_ && left_ > 0; i++) __builtin_prefetch(page_ + --left_ * kCacheLine);
  }

 private:
  const uint8_t* const page_;
  const size_t step_;
  size_t left_;
};

// Copies entries to an output, and keeps the table of them.
class Packer {
 public:
  Packer(const Collection& collection, bool keys_only, Output* out)
      : header_bytes_(collection.header_bytes), keys_only_(keys_only), out_(out), begin_(out->at) {
    table_.reserve(std::min<size_t>(out->room() / (sizeof(leasehold_row) + sizeof(uint64_t)), kMostReserved));
  }

  // False if there is no room.
  bool Add(Slice key, Slice value) {
    const bool is_large = value.size > kFrameLargeBytes && !keys_only_;
    const size_t copied = keys_only_ || is_large ? 0 : value.size;
    const size_t size = key.size + sizeof(uint64_t) + copied;
    // Room for the table, at a multiple of 4.
    needed_ = size + (table_.size() + 1) * sizeof(leasehold_row) + 3;
    if (needed_ > out_->room()) return false;
    const auto at = static_cast<uint32_t>(out_->at - begin_);
    const auto value_at = static_cast<uint32_t>(at + key.size + sizeof(uint64_t));
    table_.push_back(
        {at, static_cast<uint32_t>(key.size), value_at, is_large ? kValueLarge : static_cast<uint32_t>(copied)});
    uint8_t* to = out_->data + out_->at;
    const uint64_t tid = LoadBig<uint64_t>(value.data - header_bytes_);
    if (header_bytes_ == sizeof tid && key.data + key.size + sizeof tid == value.data) {
      // As a page has them: one behind the other.
      memcpy(to, key.data, size);
    } else {
      if (key.size > 0) memcpy(to, key.data, key.size);
      if (copied > 0) memcpy(to + key.size + sizeof tid, value.data, copied);
    }
    memcpy(to + key.size, &tid, sizeof tid);
    out_->at += size;
    return true;
  }

  void Finish(PackedRows* packed) {
    packed->count = static_cast<uint32_t>(table_.size());
    if (table_.empty()) packed->needed = needed_;
    while ((out_->at - begin_) % 4 != 0 && out_->room() > 0) out_->data[out_->at++] = 0;
    packed->table = out_->at - begin_;
    const size_t size = table_.size() * sizeof(leasehold_row);
    if (size > 0) memcpy(out_->data + out_->at, table_.data(), size);
    out_->at += size;
  }

 private:
  static constexpr size_t kMostReserved = 4096;

  const size_t header_bytes_;
  const bool keys_only_;
  Output* const out_;
  const size_t begin_;
  size_t needed_ = 0;
  std::vector<leasehold_row> table_;
};

}  // namespace

Status PackRows(Transaction* transaction, Collection* collection, RangeOptions&& options, bool keys_only, Output* out,
                PackedRows* packed) {
  if (!collection->has_versions()) return Status(kInvalidArgument, "it was made without versions: true");
  std::unique_ptr<Rows> rows;
  Status status = OpenRange(transaction, collection, std::move(options), &rows);
  if (!status.ok()) return status;
  Packer packer(*collection, keys_only, out);
  leasehold_row described[kRowsAtATime];
  for (bool has_room = true; has_room;) {
    Batch batch;
    status = rows->Fill(described, kRowsAtATime, kPageBytes, &batch);
    if (!status.ok()) return status;
    PageFetcher next(batch.ahead, batch.count);
    for (uint32_t i = 0; i < batch.count && has_room; i++) {
      next.Advance();
      const leasehold_row& row = described[i];
      has_room = packer.Add({batch.keys + row.key_offset, row.key_length},
                            {batch.values + row.value_offset, row.value_length});
    }
    if (!has_room) break;
    if (batch.count == 0) {
      Slice key;
      Slice value;
      bool found = false;
      if (batch.needs_step) status = rows->Step(&key, &value, &found);
      if (!status.ok()) return status;
      if (found) has_room = packer.Add(key, value);
      packed->is_done = !found;
      if (!found) break;
    } else if (rows->done()) {
      packed->is_done = true;
      break;
    }
  }
  packer.Finish(packed);
  return Status();
}

}  // namespace leasehold
