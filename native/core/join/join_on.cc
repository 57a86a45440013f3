#include "core/join/join_on.h"

namespace leasehold {
namespace {

// The content of a string or bytes field, which most joins are on; false for anything else, and if it is not there.
inline bool ReadContent(const JoinPlace& place, const Entry& entry, Slice* content) {
  const char* why;
  return place.source == JoinPlace::kField && place.field.type >= FieldType::kUtf8 &&
         FindField(entry.Value(), place.field, content, &why) == Found::kHere;
}

ValueKind KindOfContent(const JoinPlace& place) {
  return place.field.type == FieldType::kUtf8 ? ValueKind::kText : ValueKind::kBytes;
}

// A join value of each of two entries. Both are read, or Read gives false.
struct TwoValues {
  bool Read(const JoinPlace& place_a, const Entry& entry_a, const JoinPlace& place_b, const Entry& entry_b) {
    return ReadJoinValue(place_a, entry_a, &scratch_a, &a, &fault) &&
           ReadJoinValue(place_b, entry_b, &scratch_b, &b, &fault);
  }

  JoinValue a;
  JoinValue b;
  std::string scratch_a;
  std::string scratch_b;
  std::string fault;
};

Status Malformed(const JoinPlace& place, const Entry& entry, const std::string& fault) {
  return Status(kCodec, place.label + ", in the entry with the key " + ToHex(entry.Key()) + ": " + fault);
}

}  // namespace

std::string ToHex(Slice bytes) {
  constexpr size_t kMost = 64;
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes.size && i < kMost; i++) {
    text.push_back(kDigits[bytes.data[i] >> 4]);
    text.push_back(kDigits[bytes.data[i] & 15]);
  }
  return bytes.size > kMost ? text + "…" : text;
}

bool HashJoinValues(const JoinOn& on, const Entry& entry, const JoinHasher& hasher, uint64_t* hash, bool* present,
                    Status* status) {
  Slice content;
  if (on.size() == 1 && ReadContent(on[0], entry, &content)) {
    *hash = hasher.Bytes(content, hasher.seed() + static_cast<uint64_t>(KindOfContent(on[0])));
    *present = true;
    return true;
  }
  std::string scratch;
  std::string fault;
  JoinValue value;
  *hash = hasher.seed();
  *present = true;
  for (const JoinPlace& place : on) {
    if (!ReadJoinValue(place, entry, &scratch, &value, &fault)) {
      *status = Malformed(place, entry, fault);
      return false;
    }
    if (value.kind == ValueKind::kNone) {
      *present = false;
      continue;
    }
    const uint64_t seed = *hash + static_cast<uint64_t>(value.kind);
    *hash = value.HasBytes() ? hasher.Bytes(value.bytes, seed) : hasher.Number(value.number, seed);
  }
  return true;
}

Status HasJoinValues(const JoinOn& on, const Entry& entry, bool* present) {
  std::string scratch;
  std::string fault;
  JoinValue value;
  *present = true;
  for (const JoinPlace& place : on) {
    if (!ReadJoinValue(place, entry, &scratch, &value, &fault)) return Malformed(place, entry, fault);
    if (value.kind == ValueKind::kNone) *present = false;
  }
  return Status();
}

bool SameJoinValues(const JoinOn& on_a, const Entry& a, const JoinOn& on_b, const Entry& b) {
  Slice content_a;
  Slice content_b;
  if (on_a.size() == 1 && ReadContent(on_a[0], a, &content_a) && ReadContent(on_b[0], b, &content_b)) {
    return on_a[0].field.type == on_b[0].field.type && IsSame(content_a, content_b);
  }
  TwoValues values;
  for (size_t i = 0; i < on_a.size(); i++) {
    if (!values.Read(on_a[i], a, on_b[i], b) || !IsSame(values.a, values.b)) return false;
  }
  return true;
}

int CompareJoinValues(const JoinOn& on_a, const Entry& a, const JoinOn& on_b, const Entry& b) {
  TwoValues values;
  for (size_t i = 0; i < on_a.size(); i++) {
    if (!values.Read(on_a[i], a, on_b[i], b)) return 0;
    const int order = Compare(values.a, values.b);
    if (order != 0) return order;
  }
  return 0;
}

}  // namespace leasehold
