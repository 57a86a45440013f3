#include "core/join_value.h"

#include <bit>
#include <cmath>

#include "core/tuple.h"

namespace leasehold {
namespace {

// 2 ** 64: the least magnitude that a u64 cannot have.
constexpr double kBeyond64 = 18446744073709551616.0;

void SetInteger(uint64_t magnitude, bool negative, JoinValue* value) {
  value->kind = negative && magnitude != 0 ? ValueKind::kNegative : ValueKind::kPositive;
  value->number = magnitude;
}

void SetSigned(int64_t number, JoinValue* value) {
  const auto bits = static_cast<uint64_t>(number);
  SetInteger(number < 0 ? 0 - bits : bits, number < 0, value);
}

void SetDouble(double number, JoinValue* value) {
  if (std::isnan(number)) return;
  const double size = std::fabs(number);
  if (size < kBeyond64 && size == std::trunc(size)) {
    SetInteger(static_cast<uint64_t>(size), number < 0, value);
  } else {
    value->kind = ValueKind::kDouble;
    value->number = std::bit_cast<uint64_t>(number);
  }
}

// An integer's big-endian bytes; those of a negative one are complemented.
void SetTupleInteger(Slice bytes, bool negative, JoinValue* value) {
  const uint8_t flip = negative ? 0xff : 0;
  while (bytes.size > 0 && bytes.data[0] == flip) bytes = Slice{bytes.data + 1, bytes.size - 1};
  uint64_t top = 0;
  const size_t whole = bytes.size < 8 ? bytes.size : 8;
  for (size_t i = 0; i < whole; i++) top = top << 8 | static_cast<uint8_t>(bytes.data[i] ^ flip);
  if (bytes.size <= 8) {
    SetInteger(top, negative, value);
    return;
  }
  // The 64 bits from the highest set one on.
  const auto zeros = static_cast<unsigned>(std::countl_zero(top));
  const auto next = static_cast<uint8_t>(bytes.data[8] ^ flip);
  const uint64_t leading = zeros == 0 ? top : top << zeros | next >> (8 - zeros);
  bool rest = zeros == 0 ? next != 0 : static_cast<uint8_t>(next << zeros) != 0;
  for (size_t i = 9; i < bytes.size; i++) rest = rest || bytes.data[i] != flip;
  const size_t bits = bytes.size * 8 - zeros;
  if (!rest && (leading & 0x7ff) == 0 && bits <= 1024) {
    const double size = std::ldexp(static_cast<double>(leading), static_cast<int>(bits) - 64);
    SetDouble(negative ? -size : size, value);
    return;
  }
  value->kind = negative ? ValueKind::kBigNegative : ValueKind::kBigPositive;
  value->bytes = bytes;
}

// A big-endian float whose bytes sort as the numbers do.
template <class Bits, class Float>
Float FromOrdered(const uint8_t* p) {
  Bits bits = 0;
  for (size_t i = 0; i < sizeof(Bits); i++) bits = static_cast<Bits>(bits << 8 | p[i]);
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  return std::bit_cast<Float>(static_cast<Bits>((bits & kSign) != 0 ? bits ^ kSign : ~bits));
}

void SetBytes(ValueKind kind, Slice bytes, JoinValue* value) {
  value->kind = kind;
  value->bytes = bytes;
}

// Content that lies between the code of an element and its end.
void SetContent(ValueKind kind, Slice element, std::string* scratch, JoinValue* value) {
  Slice content{element.data + 1, element.size - 2};
  if (HasEscapes(content)) {
    *scratch = Unescape(content);
    content = Slice{reinterpret_cast<const uint8_t*>(scratch->data()), scratch->size()};
  }
  SetBytes(kind, content, value);
}

void SetElement(Slice element, std::string* scratch, JoinValue* value) {
  const uint8_t code = element.data[0];
  const Slice body{element.data + 1, element.size - 1};
  if (code > kTupleLongNegative && code < kTupleLongPositive) {
    SetTupleInteger(body, code < kTupleZero, value);
    return;
  }
  switch (code) {
    case kTupleText:
      return SetContent(ValueKind::kText, element, scratch, value);
    case kTupleBytes:
      return SetContent(ValueKind::kBytes, element, scratch, value);
    case kTupleNested:
      return SetBytes(ValueKind::kNested, body, value);
    case kTupleLongPositive:
    case kTupleLongNegative:
      // Without its length; an element of no more than its code was refused as cut short.
      return SetTupleInteger(Slice{body.data + 1, body.size - 1}, code == kTupleLongNegative, value);
    case kTupleFloat:
      return SetDouble(FromOrdered<uint32_t, float>(body.data), value);
    case kTupleDouble:
      return SetDouble(FromOrdered<uint64_t, double>(body.data), value);
    case kTupleFalse:
    case kTupleTrue:
      value->kind = ValueKind::kBool;
      value->number = code == kTupleTrue;
      return;
    case kTupleUuid:
      return SetBytes(ValueKind::kUuid, body, value);
    case kTupleVersionstamp:
      return SetBytes(ValueKind::kVersionstamp, body, value);
    default:
      return;  // null
  }
}

// Gives what is wrong with the content, nullptr if nothing is.
const char* SetField(FieldType type, Slice content, JoinValue* value) {
  constexpr double kLargestTime = 8.64e15;
  const uint8_t* p = content.data;
  switch (type) {
    case FieldType::kU8:
      SetInteger(*p, false, value);
      break;
    case FieldType::kU16:
      SetInteger(LoadLittle<uint16_t>(p), false, value);
      break;
    case FieldType::kU32:
      SetInteger(LoadLittle<uint32_t>(p), false, value);
      break;
    case FieldType::kU64:
      SetInteger(LoadLittle<uint64_t>(p), false, value);
      break;
    case FieldType::kI8:
      SetSigned(LoadLittle<int8_t>(p), value);
      break;
    case FieldType::kI16:
      SetSigned(LoadLittle<int16_t>(p), value);
      break;
    case FieldType::kI32:
      SetSigned(LoadLittle<int32_t>(p), value);
      break;
    case FieldType::kI64:
      SetSigned(LoadLittle<int64_t>(p), value);
      break;
    case FieldType::kF32:
      SetDouble(LoadLittle<float>(p), value);
      break;
    case FieldType::kF64:
      SetDouble(LoadLittle<double>(p), value);
      break;
    case FieldType::kBool:
      if (*p > 1) return "a bool that is neither 0 nor 1";
      value->kind = ValueKind::kBool;
      value->number = *p;
      break;
    case FieldType::kDate: {
      const auto time = LoadLittle<double>(p);
      if (time != std::trunc(time) || !(std::fabs(time) <= kLargestTime)) return "a date that is none";
      value->kind = ValueKind::kDate;
      value->number = std::bit_cast<uint64_t>(time + 0.0);  // -0 is 0
      break;
    }
    case FieldType::kUtf8:
      SetBytes(ValueKind::kText, content, value);
      break;
    case FieldType::kBytes:
      SetBytes(ValueKind::kBytes, content, value);
      break;
  }
  return nullptr;
}

bool ReadField(const FieldPlace& place, Slice record, JoinValue* value, std::string* fault) {
  static constexpr uint8_t kZeros[8] = {};
  Slice content;
  const char* why = nullptr;
  switch (FindField(record, place, &content, &why)) {
    case Found::kHere:
      why = SetField(place.type, content, value);
      break;
    case Found::kZero:
      why = SetField(place.type, Slice{kZeros, place.type < FieldType::kUtf8 ? SizeOf(place.type) : 0}, value);
      break;
    case Found::kAbsent:
    case Found::kMalformed:
      break;
  }
  if (why == nullptr) return true;
  *fault = std::string("the stored value is not a struct record of this schema: ") + why;
  return false;
}

bool ReadElement(uint32_t index, Slice key, std::string* scratch, JoinValue* value, std::string* fault) {
  Slice element;
  TupleFault where;
  const Element found = FindElement(key, index, &element, &where);
  if (found == Element::kHere) SetElement(element, scratch, value);
  if (found != Element::kMalformed) return true;
  *fault = std::string("the key is not a tuple: ") + where.what + " at byte " + std::to_string(where.offset);
  return false;
}

// The content of a string or bytes field, which most joins are on; false for anything else, and if it is not there.
inline bool ReadContent(const JoinPart& part, const Entry& entry, Slice* content) {
  const char* why;
  return part.source == JoinPart::kField && part.field.type >= FieldType::kUtf8 &&
         FindField(entry.Value(), part.field, content, &why) == Found::kHere;
}

ValueKind KindOfContent(const JoinPart& part) {
  return part.field.type == FieldType::kUtf8 ? ValueKind::kText : ValueKind::kBytes;
}

bool SameBytes(Slice a, Slice b) { return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0); }

bool HasBytes(ValueKind kind) {
  return kind == ValueKind::kBytes || kind == ValueKind::kText || kind == ValueKind::kNested ||
         kind == ValueKind::kBigPositive || kind == ValueKind::kBigNegative || kind == ValueKind::kUuid ||
         kind == ValueKind::kVersionstamp || kind == ValueKind::kKey;
}

bool IsNumber(ValueKind kind) { return kind >= ValueKind::kPositive && kind <= ValueKind::kBigNegative; }

bool Same(const JoinValue& a, const JoinValue& b) {
  if (a.kind != b.kind) return false;
  return HasBytes(a.kind) ? SameBytes(a.bytes, b.bytes) : a.number == b.number;
}

int Order(bool less, bool greater) { return less ? -1 : greater ? 1 : 0; }

bool IsNegative(const JoinValue& value) {
  return value.kind == ValueKind::kNegative || value.kind == ValueKind::kBigNegative ||
         (value.kind == ValueKind::kDouble && std::signbit(std::bit_cast<double>(value.number)));
}

// A magnitude as an integer of `bits` bits, of which `leading` are the first 64, and whether there is more behind them.
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
  // Of the same leading bits as a double it is the greater, since otherwise it would be one.
  return {value.bytes.size * 8 - zeros, zeros == 0 ? top : top << zeros | next >> (8 - zeros), true};
}

int CompareMagnitudes(const JoinValue& a, const JoinValue& b) {
  const Magnitude m = MagnitudeOf(a);
  const Magnitude n = MagnitudeOf(b);
  if (m.bits != n.bits) return Order(m.bits < n.bits, true);
  if (m.leading != n.leading) return Order(m.leading < n.leading, true);
  if (HasBytes(a.kind) && HasBytes(b.kind)) {
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

int CompareValues(const JoinValue& a, const JoinValue& b) {
  if (IsNumber(a.kind) && IsNumber(b.kind)) return CompareNumbers(a, b);
  if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
  if (HasBytes(a.kind)) return Compare(a.bytes, b.bytes);
  if (a.kind == ValueKind::kDate) {
    const auto x = std::bit_cast<double>(a.number);
    const auto y = std::bit_cast<double>(b.number);
    return Order(x<y, x> y);
  }
  return Order(a.number<b.number, a.number> b.number);
}

Status Malformed(const JoinPart& part, const Entry& entry, const std::string& fault) {
  return Status(kCodec, part.label + " of the entry with the key " + ToHex(entry.Key()) + ": " + fault);
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

bool ReadJoinValue(const JoinPart& part, const Entry& entry, std::string* scratch, JoinValue* value,
                   std::string* fault) {
  *value = JoinValue();
  switch (part.source) {
    case JoinPart::kField:
      return ReadField(part.field, entry.Value(), value, fault);
    case JoinPart::kElement:
      return ReadElement(part.index, entry.Key(), scratch, value, fault);
    case JoinPart::kTextKey:
      SetBytes(ValueKind::kText, entry.Key(), value);
      return true;
    case JoinPart::kBytesKey:
      SetBytes(ValueKind::kBytes, entry.Key(), value);
      return true;
    case JoinPart::kTupleKey:
      SetBytes(ValueKind::kKey, entry.Key(), value);
      return true;
    case JoinPart::kNumberKey:
      break;
  }
  if (entry.key_length != 4) {
    *fault = "the key is no uint32: it has " + std::to_string(entry.key_length) + " bytes, not 4";
    return false;
  }
  SetTupleInteger(entry.Key(), false, value);
  return true;
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
    *hash = HasBytes(value.kind) ? hasher.Bytes(value.bytes, seed) : hasher.Number(value.number, seed);
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
    return on_a[0].field.type == on_b[0].field.type && SameBytes(content_a, content_b);
  }
  std::string scratch_a;
  std::string scratch_b;
  std::string fault;
  JoinValue value_a;
  JoinValue value_b;
  for (size_t i = 0; i < on_a.size(); i++) {
    if (!ReadJoinValue(on_a[i], a, &scratch_a, &value_a, &fault) ||
        !ReadJoinValue(on_b[i], b, &scratch_b, &value_b, &fault) || !Same(value_a, value_b)) {
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
    const int order = CompareValues(value_a, value_b);
    if (order != 0) return order;
  }
  return 0;
}

}  // namespace leasehold
