#include "core/join/join_value.h"

namespace leasehold {
namespace {

bool IsNumber(ValueKind kind) { return kind >= ValueKind::kPositive && kind <= ValueKind::kBigNegative; }

int Order(bool less, bool greater) { return less ? -1 : greater ? 1 : 0; }

bool IsNegative(const JoinValue& value) {
  return value.kind == ValueKind::kNegative || value.kind == ValueKind::kBigNegative ||
         (value.kind == ValueKind::kDouble && std::signbit(std::bit_cast<double>(value.number)));
}

// A magnitude: an integer of `bits` bits, of which `leading` has the first 64. `rest`: there is more behind those.
struct Magnitude {
  size_t bits;
  uint64_t leading;
  bool rest;
};

Magnitude MagnitudeOf(const JoinValue& value) {
  if (value.kind == ValueKind::kPositive || value.kind == ValueKind::kNegative) {
    const auto zeros = static_cast<unsigned>(std::countl_zero(value.number));
    return {64 - zeros, zeros == 64 ? 0 : value.number << zeros, false};
  }
  if (value.kind == ValueKind::kDouble) {
    const double size = std::fabs(std::bit_cast<double>(value.number));
    if (std::isinf(size)) return {SIZE_MAX, 0, false};
    int exponent;
    const double fraction = std::frexp(size, &exponent);  // from 0.5 to 1
    if (exponent >= 64) return {static_cast<size_t>(exponent), static_cast<uint64_t>(std::ldexp(fraction, 64)), false};
    const auto whole = static_cast<uint64_t>(size);
    const auto zeros = static_cast<unsigned>(std::countl_zero(whole));
    return {64 - zeros, zeros == 64 ? 0 : whole << zeros, size != std::trunc(size)};
  }
  const uint8_t flip = value.kind == ValueKind::kBigNegative ? 0xff : 0;
  uint64_t top = 0;
  for (size_t i = 0; i < 8; i++) top = top << 8 | static_cast<uint8_t>(value.bytes.data[i] ^ flip);
  const auto zeros = static_cast<unsigned>(std::countl_zero(top));
  const auto next = static_cast<uint8_t>(value.bytes.data[8] ^ flip);
  // If it has the same leading bits as a double, it is the greater one: otherwise it would be stored as a double.
  return {value.bytes.size * 8 - zeros, zeros == 0 ? top : top << zeros | next >> (8 - zeros), true};
}

int CompareMagnitudes(const JoinValue& a, const JoinValue& b) {
  const Magnitude m = MagnitudeOf(a);
  const Magnitude n = MagnitudeOf(b);
  if (m.bits != n.bits) return Order(m.bits < n.bits, true);
  if (m.leading != n.leading) return Order(m.leading < n.leading, true);
  if (a.HasBytes() && b.HasBytes()) {
    const int order = Compare(a.bytes, b.bytes);
    return a.kind == ValueKind::kBigNegative ? -order : order;
  }
  if (a.kind == ValueKind::kDouble && b.kind == ValueKind::kDouble) {
    const double x = std::fabs(std::bit_cast<double>(a.number));
    const double y = std::fabs(std::bit_cast<double>(b.number));
    return Order(x<y, x> y);
  }
  return Order(!m.rest && n.rest, m.rest && !n.rest);
}

int CompareNumbers(const JoinValue& a, const JoinValue& b) {
  if (IsNegative(a) != IsNegative(b)) return IsNegative(a) ? -1 : 1;
  const int order = CompareMagnitudes(a, b);
  return IsNegative(a) ? -order : order;
}

}  // namespace

void JoinValue::SetLarge(Slice integer, bool negative) {
  const uint8_t flip = negative ? 0xff : 0;
  uint64_t top = 0;
  for (size_t i = 0; i < 8; i++) top = top << 8 | static_cast<uint8_t>(integer.data[i] ^ flip);
  // The first 64 bits, from the highest one that is set.
  const auto zeros = static_cast<unsigned>(std::countl_zero(top));
  const auto next = static_cast<uint8_t>(integer.data[8] ^ flip);
  const uint64_t leading = zeros == 0 ? top : top << zeros | next >> (8 - zeros);
  bool rest = zeros == 0 ? next != 0 : static_cast<uint8_t>(next << zeros) != 0;
  for (size_t i = 9; i < integer.size; i++) rest = rest || integer.data[i] != flip;
  const size_t bits = integer.size * 8 - zeros;
  if (!rest && (leading & 0x7ff) == 0 && bits <= 1024) {
    const double size = std::ldexp(static_cast<double>(leading), static_cast<int>(bits) - 64);
    SetDouble(negative ? -size : size);
    return;
  }
  SetBytes(negative ? ValueKind::kBigNegative : ValueKind::kBigPositive, integer);
}

int CompareAny(const JoinValue& a, const JoinValue& b) {
  if (IsNumber(a.kind) && IsNumber(b.kind)) return CompareNumbers(a, b);
  if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.HasBytes()) return Compare(a.bytes, b.bytes);
  if (a.kind == ValueKind::kDate) {
    const auto x = std::bit_cast<double>(a.number);
    const auto y = std::bit_cast<double>(b.number);
    return Order(x<y, x> y);
  }
  return Order(a.number<b.number, a.number> b.number);
}

}  // namespace leasehold
