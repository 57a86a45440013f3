#include "core/join/join_on.h"

namespace leasehold {
namespace {

// The content of a string or bytes field, which most joins are on; false for anything else, and if it is not there.
inline bool ReadContent(const JoinPart& part, const Entry& entry, Slice* content) {
  const char* why;
  return part.source == JoinPart::kField && part.field.type >= FieldType::kUtf8 &&
         FindField(entry.Value(), part.field, content, &why) == Found::kHere;
}

ValueKind KindOfContent(const JoinPart& part) {
  return part.field.type == FieldType::kUtf8 ? ValueKind::kText : ValueKind::kBytes;
}

Status Malformed(const JoinPart& part, const Entry& entry, const std::string& fault) {
  return Status(kCodec, part.label + ", in the entry with the key " + ToHex(entry.Key()) + ": " + fault);
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
  for (const JoinPart& part : on) {
    if (!ReadJoinValue(part, entry, &scratch, &value, &fault)) {
      *status = Malformed(part, entry, fault);
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
  for (const JoinPart& part : on) {
    if (!ReadJoinValue(part, entry, &scratch, &value, &fault)) return Malformed(part, entry, fault);
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
  std::string scratch_a;
  std::string scratch_b;
  std::string fault;
  JoinValue value_a;
  JoinValue value_b;
  for (size_t i = 0; i < on_a.size(); i++) {
    if (!ReadJoinValue(on_a[i], a, &scratch_a, &value_a, &fault) ||
        !ReadJoinValue(on_b[i], b, &scratch_b, &value_b, &fault) || !IsSame(value_a, value_b)) {
      return false;
    }
  }
  return true;
}

int CompareJoinValues(const JoinOn& on_a, const Entry& a, const JoinOn& on_b, const Entry& b) {
  std::string scratch_a;
  std::string scratch_b;
  std::string fault;
  JoinValue value_a;
  JoinValue value_b;
  for (size_t i = 0; i < on_a.size(); i++) {
    if (!ReadJoinValue(on_a[i], a, &scratch_a, &value_a, &fault) ||
        !ReadJoinValue(on_b[i], b, &scratch_b, &value_b, &fault)) {
      return 0;
    }
    const int order = Compare(value_a, value_b);
    if (order != 0) return order;
  }
  return 0;
}

}  // namespace leasehold
