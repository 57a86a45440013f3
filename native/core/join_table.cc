#include "core/join_table.h"

#include <algorithm>
#include <bit>

namespace leasehold {

// How many rows ahead of the one being linked its slot, and what stands there, are fetched into the cache.
constexpr uint32_t kSlotAhead = 32;
constexpr uint32_t kRowAhead = 16;
constexpr uint32_t kEntryAhead = 8;

Status JoinTable::Reserve(uint64_t entries) {
  return rows_.Allocate(static_cast<size_t>(std::min<uint64_t>(entries, kNone - 1)));
}

void JoinTable::Add(const Entry& entry, uint64_t hash) {
  rows_[count_++] = {reinterpret_cast<uint64_t>(entry.key) << 16 | entry.key_length,
                     reinterpret_cast<uint64_t>(entry.value), hash, entry.value_length, 0};
}

Status JoinTable::Link(uint64_t most, const JoinOn& on, bool* done) {
  if (slots_.size() == 0) {
    // At most three quarters of the slots are taken.
    const uint64_t slots = std::bit_ceil(uint64_t{count_} + count_ / 3 + 1);
    Status status = slots_.Allocate(slots);
    if (!status.ok()) return status;
    mask_ = slots - 1;
  }
  const auto end = static_cast<uint32_t>(std::min<uint64_t>(count_, linked_ + most));
  for (; linked_ < end; linked_++) {
    if (linked_ + kSlotAhead < count_) PrefetchSlot(rows_[linked_ + kSlotAhead].hash);
    if (linked_ + kRowAhead < count_) {
      const uint32_t row = Candidate(rows_[linked_ + kRowAhead].hash);
      if (row != kNone) PrefetchRow(row);
    }
    if (linked_ + kEntryAhead < count_) {
      const uint32_t row = Candidate(rows_[linked_ + kEntryAhead].hash);
      if (row != kNone) {
        PrefetchJoinValues(on, EntryAt(row));
        PrefetchRow(rows_[row].next);
      }
    }
    LinkRow(linked_, on);
  }
  *done = linked_ == count_;
  return Status();
}

void JoinTable::LinkRow(uint32_t row, const JoinOn& on) {
  const uint64_t hash = rows_[row].hash;
  uint64_t at = hash & mask_;
  for (; slots_[at] != 0; at = (at + 1) & mask_) {
    const uint32_t last = RowOf(slots_[at]);
    if (TagOf(slots_[at]) != TagOf(hash) || !SameJoinValues(on, EntryAt(last), on, EntryAt(row))) continue;
    const uint32_t first = rows_[last].next;
    rows_[first].hash = (first == last ? 1 : rows_[first].hash) + 1;
    rows_[row].next = first;
    rows_[last].next = row;
    slots_[at] = SlotOf(hash, row);
    return;
  }
  rows_[row].next = row;
  slots_[at] = SlotOf(hash, row);
}

uint32_t JoinTable::Find(uint64_t hash, const JoinOn& on, const Entry& entry, const JoinOn& own_on) const {
  if (slots_.size() == 0) return kNone;
  for (uint64_t at = hash & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
    const uint32_t last = RowOf(slots_[at]);
    if (TagOf(slots_[at]) == TagOf(hash) && SameJoinValues(on, entry, own_on, EntryAt(last))) return last;
  }
  return kNone;
}

}  // namespace leasehold
