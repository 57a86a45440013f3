#include "core/join/join_place.h"

#include "core/formats/tuple.h"

namespace leasehold {
namespace {

// A big-endian float whose bytes sort as the numbers do.
template <class Bits, class Float>
Float FromOrdered(const uint8_t* p) {
  Bits bits = 0;
  for (size_t i = 0; i < sizeof(Bits); i++) bits = static_cast<Bits>(bits << 8 | p[i]);
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  return std::bit_cast<Float>(static_cast<Bits>((bits & kSign) != 0 ? bits ^ kSign : ~bits));
}

// Sets a value to the content of a string or of bytes, which lies between the code of the element and its end.
void SetContent(ValueKind kind, Slice element, std::string* scratch, JoinValue* value) {
  Slice content{element.data + 1, element.size - 2};
  if (HasEscapes(content)) {
    *scratch = Unescape(content);
    content = Slice{reinterpret_cast<const uint8_t*>(scratch->data()), scratch->size()};
  }
  value->SetBytes(kind, content);
}

void SetElement(Slice element, std::string* scratch, JoinValue* value) {
  const uint8_t code = element.data[0];
  const Slice body{element.data + 1, element.size - 1};
  if (code > kTupleLongNegative && code < kTupleLongPositive) {
    value->SetBigEndian(body, code < kTupleZero);
    return;
  }
  switch (code) {
    case kTupleText:
      return SetContent(ValueKind::kText, element, scratch, value);
    case kTupleBytes:
      return SetContent(ValueKind::kBytes, element, scratch, value);
    case kTupleNested:
      return value->SetBytes(ValueKind::kNested, body);
    case kTupleLongPositive:
    case kTupleLongNegative:
      // Without the byte of its length, which is there: FindElement refuses an element that is cut short.
      return value->SetBigEndian(Slice{body.data + 1, body.size - 1}, code == kTupleLongNegative);
    case kTupleFloat:
      return value->SetDouble(FromOrdered<uint32_t, float>(body.data));
    case kTupleDouble:
      return value->SetDouble(FromOrdered<uint64_t, double>(body.data));
    case kTupleFalse:
    case kTupleTrue:
      value->kind = ValueKind::kBool;
      value->number = code == kTupleTrue;
      return;
    case kTupleUuid:
      return value->SetBytes(ValueKind::kUuid, body);
    case kTupleVersionstamp:
      return value->SetBytes(ValueKind::kVersionstamp, body);
    default:
      return;  // null
  }
}

void SetNumber(FieldType type, const uint8_t* p, JoinValue* value) {
  switch (type) {
    case FieldType::kU8:
      return value->SetInteger(*p, false);
    case FieldType::kU16:
      return value->SetInteger(LoadLittle<uint16_t>(p), false);
    case FieldType::kU32:
      return value->SetInteger(LoadLittle<uint32_t>(p), false);
    case FieldType::kU64:
      return value->SetInteger(LoadLittle<uint64_t>(p), false);
    case FieldType::kI8:
      return value->SetSigned(LoadLittle<int8_t>(p));
    case FieldType::kI16:
      return value->SetSigned(LoadLittle<int16_t>(p));
    case FieldType::kI32:
      return value->SetSigned(LoadLittle<int32_t>(p));
    case FieldType::kI64:
      return value->SetSigned(LoadLittle<int64_t>(p));
    case FieldType::kF32:
      return value->SetDouble(LoadLittle<float>(p));
    default:
      return value->SetDouble(LoadLittle<double>(p));
  }
}

// Sets a value to the content of a field. Gives what is wrong with the content, nullptr if nothing is.
const char* SetField(FieldType type, Slice content, JoinValue* value) {
  constexpr double kLargestTime = 8.64e15;
  switch (type) {
    case FieldType::kBool:
      if (*content.data > 1) return "a bool that is neither 0 nor 1";
      value->kind = ValueKind::kBool;
      value->number = *content.data;
      break;
    case FieldType::kDate: {
      const auto time = LoadLittle<double>(content.data);
      if (time != std::trunc(time) || !(std::fabs(time) <= kLargestTime)) return "a number that is no date";
      value->kind = ValueKind::kDate;
      value->number = std::bit_cast<uint64_t>(time + 0.0);  // -0 is 0
      break;
    }
    case FieldType::kUtf8:
      value->SetBytes(ValueKind::kText, content);
      break;
    case FieldType::kBytes:
      value->SetBytes(ValueKind::kBytes, content);
      break;
    default:
      SetNumber(type, content.data, value);
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

}  // namespace

bool ReadJoinValue(const JoinPlace& place, const Entry& entry, std::string* scratch, JoinValue* value,
                   std::string* fault) {
  *value = JoinValue();
  switch (place.source) {
    case JoinPlace::kField:
      return ReadField(place.field, entry.Value(), value, fault);
    case JoinPlace::kElement:
      return ReadElement(place.index, entry.Key(), scratch, value, fault);
    case JoinPlace::kTextKey:
      value->SetBytes(ValueKind::kText, entry.Key());
      return true;
    case JoinPlace::kBytesKey:
      value->SetBytes(ValueKind::kBytes, entry.Key());
      return true;
    case JoinPlace::kTupleKey:
      value->SetBytes(ValueKind::kKey, entry.Key());
      return true;
    case JoinPlace::kNumberKey:
      break;
  }
  if (entry.key_length != 4) {
    *fault = "the key is no uint32: it has " + std::to_string(entry.key_length) + " bytes, not 4";
    return false;
  }
  value->SetBigEndian(entry.Key(), false);
  return true;
}

}  // namespace leasehold
