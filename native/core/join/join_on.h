// What a join compares of an entry: one value, or several together.
#ifndef LEASEHOLD_CORE_JOIN_ON_H_
#define LEASEHOLD_CORE_JOIN_ON_H_

#include <string>
#include <vector>

#include "core/join/join_hasher.h"
#include "core/join/join_part.h"

namespace leasehold {

using JoinOn = std::vector<JoinPart>;

// Fetches into the cache what reading the values of an entry will most likely touch.
inline void PrefetchJoinValues(const JoinOn& on, const Entry& entry) {
  for (const JoinPart& part : on) {
    const uint8_t* at = part.source == JoinPart::kField ? entry.value : entry.key;
    __builtin_prefetch(at);
    __builtin_prefetch(at + 48);
  }
}

// Hashes all values of an entry. False if one is malformed; `*status` says which. `*present` is false if one is kNone.
bool HashJoinValues(const JoinOn& on, const Entry& entry, const JoinHasher& hasher, uint64_t* hash, bool* present,
                    Status* status);

// Whether an entry has all values, none of them kNone. Fails if one is malformed.
Status HasJoinValues(const JoinOn& on, const Entry& entry, bool* present);

// Whether entries whose values were all hashed have the same ones.
bool SameJoinValues(const JoinOn& on_a, const Entry& a, const JoinOn& on_b, const Entry& b);

// The same order for all entries that have all values: -1, 0 or 1, by the values one after the other: numbers by
// number, text and bytes by their bytes.
int CompareJoinValues(const JoinOn& on_a, const Entry& a, const JoinOn& on_b, const Entry& b);

// The bytes of a key for an error's message, cut short if they are many.
std::string ToHex(Slice bytes);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_JOIN_ON_H_
