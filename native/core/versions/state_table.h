// The shared states of one thread: which number the decoded value of a record and version has.
#ifndef LEASEHOLD_CORE_STATE_TABLE_H_
#define LEASEHOLD_CORE_STATE_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/database/collection.h"
#include "core/formats/keyed_hash.h"
#include "core/status.h"

namespace leasehold {

// JavaScript has the states themselves, in an array, and this table their numbers. A state is known by its collection,
// its key and the commit that wrote it. No two states have all three in common, so nothing here ever has to be
// invalidated: what no reader asks for any more goes when there is no room for it.
//
// Which state goes is decided by SIEVE (Y. Zhang and others, "SIEVE is Simpler than LRU", NSDI 2024): states stand in
// the order in which they were added. A hand goes from the oldest to the newest, spares each state that was read since
// it came by last, and removes the first that was not. So one pass over many records does not drive out what is read
// often.
class StateTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  // The part of the limit that one state may take.
  static constexpr size_t kLargestPart = 8;

  // Two random numbers, so that nobody can choose keys that collide.
  StateTable(uint32_t seed0, uint32_t seed1, size_t limit) : hash_(seed0, seed1), limit_(limit) {}

  size_t count() const { return count_; }
  size_t bytes() const { return bytes_; }

  // The number of a state; kNone if it is not in the table.
  uint32_t Find(const Collection* collection, uint64_t tid, Slice key);
  // Adds a state that is not in the table, and gives it a number. `size` is what it takes in JavaScript, in bytes.
  // kNone if it is too large.
  uint32_t Add(const Collection* collection, uint64_t tid, Slice key, size_t size);
  // Removes a state if the table is above its limit, and gives its number; kNone if it is not. To be called after Add
  // until it gives kNone.
  uint32_t Evict();

 private:
  struct State {
    const Collection* collection = nullptr;
    uint64_t tid = 0;
    std::string key;
    size_t size = 0;
    uint32_t hash = 0;
    uint32_t newer = kNone;  // of a number that is free, the next free one
    uint32_t older = kNone;
    bool was_read = false;
  };

  uint32_t HashOf(const Collection* collection, uint64_t tid, Slice key) const;
  // The place in index_ of a state, or the free place where it would stand.
  size_t PlaceOf(uint32_t hash, const Collection* collection, uint64_t tid, Slice key) const;
  void Grow();
  void Remove(uint32_t number);
  void RemoveFromIndex(uint32_t number);

  const KeyedHash hash_;
  const size_t limit_;
  size_t bytes_ = 0;
  size_t count_ = 0;
  std::vector<State> states_;
  std::vector<uint32_t> index_;  // open addressing: a number, or kNone; at most half full
  uint32_t free_ = kNone;
  uint32_t newest_ = kNone;
  uint32_t oldest_ = kNone;
  uint32_t hand_ = kNone;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_STATE_TABLE_H_
