// What a join compares: a value in a form that is the same for equal values, however they are stored.
#ifndef LEASEHOLD_CORE_JOIN_VALUE_H_
#define LEASEHOLD_CORE_JOIN_VALUE_H_

#include <bit>
#include <cmath>

#include "core/status.h"

namespace leasehold {

// Equal numbers have the same kind, whatever types they were stored with. The kinds are listed in the order in which
// they sort; but numbers of all kinds sort together, by number.
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

  // -0 is 0.
  void SetInteger(uint64_t magnitude, bool negative) {
    kind = negative && magnitude != 0 ? ValueKind::kNegative : ValueKind::kPositive;
    number = magnitude;
  }

  void SetSigned(int64_t integer) {
    const auto bits = static_cast<uint64_t>(integer);
    SetInteger(integer < 0 ? 0 - bits : bits, integer < 0);
  }

  // NaN is no value.
  void SetDouble(double value) {
    if (std::isnan(value)) return;
    const double size = std::fabs(value);
    if (size < kBeyond64 && size == std::trunc(size)) {
      SetInteger(static_cast<uint64_t>(size), value < 0);
    } else {
      kind = ValueKind::kDouble;
      number = std::bit_cast<uint64_t>(value);
    }
  }

  // An integer of any size: its magnitude as big-endian bytes, which are complemented if it is negative. A large one
  // refers to the bytes.
  void SetBigEndian(Slice integer, bool negative) {
    const uint8_t flip = negative ? 0xff : 0;
    while (integer.size > 0 && integer.data[0] == flip) integer = Slice{integer.data + 1, integer.size - 1};
    if (integer.size > 8) return SetLarge(integer, negative);
    uint64_t magnitude = 0;
    for (size_t i = 0; i < integer.size; i++) magnitude = magnitude << 8 | static_cast<uint8_t>(integer.data[i] ^ flip);
    SetInteger(magnitude, negative);
  }

  void SetBytes(ValueKind its_kind, Slice its_bytes) {
    kind = its_kind;
    bytes = its_bytes;
  }

  // Whether the value is in `bytes`, and not in `number`.
  bool HasBytes() const {
    return kind == ValueKind::kBytes || kind == ValueKind::kText || kind == ValueKind::kNested ||
           kind == ValueKind::kBigPositive || kind == ValueKind::kBigNegative || kind == ValueKind::kUuid ||
           kind == ValueKind::kVersionstamp || kind == ValueKind::kKey;
  }

 private:
  // An integer of more than 8 bytes, of which the first is not zero.
  void SetLarge(Slice integer, bool negative);

  // 2 ** 64: the least magnitude that a u64 cannot have.
  static constexpr double kBeyond64 = 18446744073709551616.0;
};

inline bool IsSame(const JoinValue& a, const JoinValue& b) {
  if (a.kind != b.kind) return false;
  return a.HasBytes() ? IsSame(a.bytes, b.bytes) : a.number == b.number;
}

// Compare, for values of any kind.
int CompareAny(const JoinValue& a, const JoinValue& b);

// -1, 0 or 1 in one order of all values but kNone. Numbers are ordered by number, text and bytes by their bytes.
inline int Compare(const JoinValue& a, const JoinValue& b) {
  if (a.kind != ValueKind::kPositive || b.kind != ValueKind::kPositive) return CompareAny(a, b);
  return a.number < b.number ? -1 : a.number > b.number;
}

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_JOIN_VALUE_H_
