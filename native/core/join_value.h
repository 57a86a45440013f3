// What a join compares: one value of an entry, wherever it stands and however it is stored.
#ifndef LEASEHOLD_CORE_JOIN_VALUE_H_
#define LEASEHOLD_CORE_JOIN_VALUE_H_

#include <string>
#include <vector>

#include "core/join_hasher.h"
#include "core/record.h"
#include "core/status.h"

namespace leasehold {

// An entry where it lies.
struct Entry {
  const uint8_t* key = nullptr;
  const uint8_t* value = nullptr;
  uint32_t key_length = 0;
  uint32_t value_length = 0;

  Slice Key() const { return Slice{key, key_length}; }
  Slice Value() const { return Slice{value, value_length}; }
  size_t size() const { return size_t{key_length} + value_length; }
};

// A value in the one form that equal values have, so that values of the same number are of one kind. In the order in
// which kinds sort; numbers of all kinds sort among each other.
enum class ValueKind : uint8_t {
  kNone,  // null, absent or NaN: matches nothing
  kBytes,
  kText,
  kNested,       // a tuple inside of a tuple, as it is stored
  kPositive,     // an integer from 0 to 2 ** 64 - 1: `number`
  kNegative,     // one from -1 to 1 - 2 ** 64: `number` is its magnitude
  kDouble,       // a double that is neither of these: `number` has its bits
  kBigPositive,  // a larger integer that is no double: `bytes` has its magnitude, without leading zeros
  kBigNegative,  // the same, each byte complemented
  kBool,
  kUuid,
  kVersionstamp,
  kDate,  // `number` has the double's bits
  kKey,   // the bytes of a whole tuple key
};

struct JoinValue {
  ValueKind kind = ValueKind::kNone;
  uint64_t number = 0;
  Slice bytes;
};

// Where a join value stands in an entry.
struct JoinPart {
  enum Source : uint8_t { kNumberKey, kTextKey, kBytesKey, kTupleKey, kElement, kField };
  Source source = kTupleKey;
  uint32_t index = 0;  // of the element
  FieldPlace field;
  std::string label;  // for errors
};
using JoinOn = std::vector<JoinPart>;

// Fetches into the cache what reading the values of an entry will most likely touch.
inline void PrefetchJoinValues(const JoinOn& on, const Entry& entry) {
  for (const JoinPart& part : on) {
    const uint8_t* at = part.source == JoinPart::kField ? entry.value : entry.key;
    __builtin_prefetch(at);
    __builtin_prefetch(at + 48);
  }
}

// Reads the value; false if it is malformed, with what is wrong. Its bytes lie in the entry or in `*scratch`.
bool ReadJoinValue(const JoinPart& part, const Entry& entry, std::string* scratch, JoinValue* value,
                   std::string* fault);

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

#endif  // LEASEHOLD_CORE_JOIN_VALUE_H_
