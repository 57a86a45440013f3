#include "core/join/join_table.h"

#include <algorithm>
#include <bit>

namespace leasehold {

// How many rows before a row is linked its slot, the row that the slot leads to, and both entries are fetched into the
// cache.
constexpr uint32_t kSlotAhead = 32;
constexpr uint32_t kRowAhead = 16;
constexpr uint32_t kEntryAhead = 8;
// The same for the members of a chain.
constexpr uint32_t kMemberAhead = 16;

Status JoinTable::Reserve(uint64_t entries) {
  return rows_.Allocate(static_cast<size_t>(std::min<uint64_t>(entries, kNone - 1)));
}

void JoinTable::Add(const Entry& entry, uint64_t hash) {
  rows_[count_++] = {reinterpret_cast<uint64_t>(entry.key) << 16 | entry.key_length,
                     reinterpret_cast<uint64_t>(entry.value),
                     {hash},
                     entry.value_length,
                     0};
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
        PrefetchJoinValues(on, EntryAt(linked_ + kEntryAhead));
      }
    }
    LinkRow(linked_, on);
  }
  *done = linked_ == count_;
  return *done && has_duplicates_ ? OrderMembers() : Status();
}

void JoinTable::LinkRow(uint32_t row, const JoinOn& on) {
  const uint64_t hash = rows_[row].hash;
  uint64_t at = hash & mask_;
  for (; slots_[at] != 0; at = (at + 1) & mask_) {
    const uint32_t first = FirstOf(slots_[at]);
    if (TagOf(slots_[at]) != TagOf(hash) || !SameJoinValues(on, EntryAt(first), on, EntryAt(row))) continue;
    rows_[row].first = first;
    rows_[first].chain.length++;
    has_duplicates_ = true;
    return;
  }
  rows_[row].first = row;
  rows_[row].chain = {1, 0};
  slots_[at] = SlotOf(hash, row);
}

Status JoinTable::OrderMembers() {
  Status status = members_.Allocate(count_);
  if (!status.ok()) return status;
  uint32_t begin = 0;
  for (uint32_t row = 0; row < count_; row++) {
    if (rows_[row].first != row) continue;
    rows_[row].chain.begin = begin;
    begin += rows_[row].chain.length;
    rows_[row].chain.length = 0;
  }
  for (uint32_t row = 0; row < count_; row++) {
    if (row + kRowAhead < count_) PrefetchRow(rows_[row + kRowAhead].first);
    Chain& chain = rows_[rows_[row].first].chain;
    members_[chain.begin + chain.length++] = row;
  }
  return status;
}

void JoinTable::PrefetchMembers(uint32_t first, uint32_t i) const {
  const Chain& chain = rows_[first].chain;
  if (i + kMemberAhead < chain.length) PrefetchRow(members_[chain.begin + i + kMemberAhead]);
  if (i + kEntryAhead >= chain.length) return;
  const Row& row = rows_[members_[chain.begin + i + kEntryAhead]];
  __builtin_prefetch(reinterpret_cast<const void*>(row.value));
}

uint32_t JoinTable::Find(uint64_t hash, const JoinOn& on, const Entry& entry, const JoinOn& own_on) const {
  if (slots_.size() == 0) return kNone;
  for (uint64_t at = hash & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
    const uint32_t first = FirstOf(slots_[at]);
    if (TagOf(slots_[at]) == TagOf(hash) && SameJoinValues(on, entry, own_on, EntryAt(first))) return first;
  }
  return kNone;
}

}  // namespace leasehold
