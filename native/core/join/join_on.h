// What a join compares of an entry: one value, or several together.
#ifndef LEASEHOLD_CORE_JOIN_ON_H_
#define LEASEHOLD_CORE_JOIN_ON_H_

#include <string>
#include <vector>

#include "core/join/join_hasher.h"
#include "core/join/join_place.h"

namespace leasehold {

using JoinOn = std::vector<JoinPlace>;

// Fetches into the cache the bytes that reading an entry's join values most likely needs.
inline void PrefetchJoinValues(const JoinOn& on, const Entry& entry) {
  for (const JoinPlace& place : on) {
    const uint8_t* at = place.source == JoinPlace::kField ? entry.value : entry.key;
    __builtin_prefetch(at);
    __builtin_prefetch(at + 48);
  }
}

// Hashes all join values of an entry. False if one is malformed; `*status` says which. `*present` is false if one is
// kNone.
bool HashJoinValues(const JoinOn& on, const Entry& entry, const JoinHasher& hasher, uint64_t* hash, bool* present,
                    Status* status);

// Whether an entry has all join values, which means that none is kNone. kCodec if one is malformed.
Status HasJoinValues(const JoinOn& on, const Entry& entry, bool* present);

// Whether two entries have the same join values. Both must have been hashed, so that no value is malformed.
bool SameJoinValues(const JoinOn& on_a, const Entry& a, const JoinOn& on_b, const Entry& b);

// -1, 0 or 1 in one order of all entries that have all join values: by the first value, then the second, and so on.
// Numbers are ordered by number, text and bytes by their bytes.
int CompareJoinValues(const JoinOn& on_a, const Entry& a, const JoinOn& on_b, const Entry& b);

// The bytes of a key for the message of an error. Of a long key it gives the beginning.
std::string ToHex(Slice bytes);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_JOIN_ON_H_
