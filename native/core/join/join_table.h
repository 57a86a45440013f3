// The hash table of a join: the entries of the build side by the hash of their values.
#ifndef LEASEHOLD_CORE_JOIN_TABLE_H_
#define LEASEHOLD_CORE_JOIN_TABLE_H_

#include "core/join/join_on.h"
#include "core/memory/pages.h"

namespace leasehold {

// The entries that have the same join values form a chain, so that many duplicates cost no more each than few. Chains
// are found by open addressing. All entries are added first, then linked; then chains can be found.
class JoinTable {
 public:
  // How much memory an entry takes at most, slots included.
  static constexpr uint64_t kBytesPerEntry = 58;
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kMostKeyBytes = UINT16_MAX;

  // Room for so many entries.
  Status Reserve(uint64_t entries);
  bool full() const { return count_ == rows_.size(); }
  uint32_t size() const { return count_; }

  // The key has at most kMostKeyBytes.
  void Add(const Entry& entry, uint64_t hash);
  // Links up to `most` further entries. `*done` once all are linked.
  Status Link(uint64_t most, const JoinOn& on, bool* done);

  void PrefetchSlot(uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  // The first row of the chain that a hash most likely leads to; kNone if it leads to no chain. Reads slots only.
  uint32_t Candidate(uint64_t hash) const {
    for (uint64_t at = hash & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
      if (TagOf(slots_[at]) == TagOf(hash)) return FirstOf(slots_[at]);
    }
    return kNone;
  }
  void PrefetchRow(uint32_t row) const { __builtin_prefetch(&rows_[row]); }
  // Gives the first row of the chain whose entries have the join values of `entry`; kNone if there is none.
  uint32_t Find(uint64_t hash, const JoinOn& on, const Entry& entry, const JoinOn& own_on) const;

  // How many entries there are in a chain.
  uint32_t ChainLength(uint32_t first) const { return rows_[first].chain.length; }
  // The row of the entry number `i` of a chain, in the order in which they were added.
  uint32_t RowOf(uint32_t first, uint32_t i) const {
    const Chain& chain = rows_[first].chain;
    return chain.length == 1 ? first : members_[chain.begin + i];
  }
  // Fetches into the cache what reading the entries behind number `i` of a chain needs.
  void PrefetchMembers(uint32_t first, uint32_t i) const;
  Entry EntryAt(uint32_t row) const {
    const Row& r = rows_[row];
    return {reinterpret_cast<const uint8_t*>(r.key >> 16), reinterpret_cast<const uint8_t*>(r.value),
            static_cast<uint32_t>(r.key & 0xffff), r.value_length};
  }

 private:
  // Stands in the first row of a chain: how many rows the chain has, and where they begin in members_.
  struct Chain {
    uint32_t length;
    uint32_t begin;
  };

  // An address in user space has 48 bits, and the length of a key 16, so both fit into one word.
  struct Row {
    uint64_t key;  // its address and its length
    uint64_t value;
    union {
      uint64_t hash;  // until the row is linked
      Chain chain;
    };
    uint32_t value_length;
    uint32_t first;  // of its chain
  };
  static_assert(sizeof(Row) == 32);

  void LinkRow(uint32_t row, const JoinOn& on);
  // Puts the rows of each chain beside each other in members_.
  Status OrderMembers();

  // A slot has the high bits of the hash, which its place does not depend on, and the number of a chain's first row
  // plus 1.
  static uint32_t TagOf(uint64_t hash_or_slot) { return static_cast<uint32_t>(hash_or_slot >> 32); }
  static uint32_t FirstOf(uint64_t slot) { return static_cast<uint32_t>(slot) - 1; }
  static uint64_t SlotOf(uint64_t hash, uint32_t row) { return (hash & ~uint64_t{UINT32_MAX}) | (row + 1); }

  Pages<Row> rows_;
  Pages<uint64_t> slots_;    // 0 for an empty one
  Pages<uint32_t> members_;  // rows, chain by chain; empty if no chain has several
  bool has_duplicates_ = false;
  uint32_t count_ = 0;
  uint32_t linked_ = 0;
  uint64_t mask_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_JOIN_TABLE_H_
