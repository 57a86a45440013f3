// Decodes a change that lib/write has encoded.
#ifndef LEASEHOLD_ADDON_ENCODED_CHANGE_H_
#define LEASEHOLD_ADDON_ENCODED_CHANGE_H_

#include "core/store/change.h"
#include "core/versions/big_endian.h"

namespace leasehold {

inline uint32_t ReadUint32(const uint8_t* at) {
  return at[0] | at[1] << 8 | at[2] << 16 | static_cast<uint32_t>(at[3]) << 24;
}

// Takes the time off that stands behind the key of a put, where values expire.
inline bool TakeTime(Change* change) {
  if (change->key.size < kChangeTimeBytes) return false;
  change->key.size -= kChangeTimeBytes;
  change->expiry.bits = LoadBig<uint64_t>(change->key.data + change->key.size);
  return true;
}

// Takes the version off that stands before the value of a conditional change.
inline bool TakeVersion(Change* change) {
  const Slice value = change->value;
  if (value.size < kChangeVersionBytes) return false;
  change->version = LoadBig<uint64_t>(value.data);
  change->value = Slice{value.data + kChangeVersionBytes, value.size - kChangeVersionBytes};
  return true;
}

// DecodeChange for what not every change has.
inline bool DecodeOthers(Change* change) {
  if (IsConditional(change->kind) && !TakeVersion(change)) return false;
  const Slice value = change->value;
  if (change->collection->expires() && IsPut(change->kind)) return TakeTime(change);
  if (change->kind == ChangeKind::kSweep) {
    if (value.size == sizeof(uint32_t)) change->limit = ReadUint32(value.data);
    return value.size == sizeof(uint32_t);
  }
  if (change->kind != ChangeKind::kClear && change->kind != ChangeKind::kCheckRange) return true;
  if (value.size < kChangeRangeBytes) return false;
  change->range_flags = ReadUint32(value.data);
  change->limit = ReadUint32(value.data + 4) | static_cast<uint64_t>(ReadUint32(value.data + 8)) << 32;
  change->value = Slice{value.data + kChangeRangeBytes, value.size - kChangeRangeBytes};
  return true;
}

// The value of a kClear or kCheckRange has the flags of a range (u32), its limit (u64) and its lower bound; the key is
// the upper bound. The value of a kSweep has its limit (u32). Before the value of a conditional kind stands a version
// (u64, big-endian). False if there is no such kind of change, if these numbers do not fit, or if `collection` is null.
[[gnu::always_inline]] inline bool DecodeChange(uint32_t kind, Collection* collection, Slice key, Slice value,
                                                Change* change) {
  if (kind >= kChangeKinds || collection == nullptr) return false;
  *change = Change{static_cast<ChangeKind>(kind), collection, key, value};
  return (change->kind <= ChangeKind::kDeleteValue && !collection->expires()) || DecodeOthers(change);
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_ENCODED_CHANGE_H_
