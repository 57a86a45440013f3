// Reads a field of a struct record where it lies. lib/value/struct/record.ts writes and reads the same format:
//
//   u8 version (1), u8 flags (0), u16 size of the fixed part, the fixed part, the variable part; little-endian.
//
// The schema says where in the fixed part each field ends. A scalar stands there itself, an optional one behind a byte
// of presence. For a string or bytes, (u32 offset from the record's start, u32 length) stands there. Offset 0 means
// that the field is absent; the highest bit of a string's length means that the string is all ASCII. A record with a
// shorter fixed part was written by a schema that did not have the last fields.
#ifndef LEASEHOLD_CORE_RECORD_H_
#define LEASEHOLD_CORE_RECORD_H_

#include <string.h>

#include "contract.h"
#include "core/status.h"

namespace leasehold {

enum class FieldType : uint8_t {
  kU8 = kFieldU8,
  kU16 = kFieldU16,
  kU32 = kFieldU32,
  kI8 = kFieldI8,
  kI16 = kFieldI16,
  kI32 = kFieldI32,
  kF32 = kFieldF32,
  kF64 = kFieldF64,
  kBool = kFieldBool,
  kU64 = kFieldU64,
  kI64 = kFieldI64,
  kDate = kFieldDate,
  kUtf8 = kFieldUtf8,
  kBytes = kFieldBytes
};
constexpr uint32_t kFieldTypes = kFieldBytes + 1;

// How many bytes of the fixed part a field of a type takes, without the byte of presence.
constexpr uint32_t SizeOf(FieldType type) {
  constexpr uint8_t kSizes[] = {1, 2, 4, 1, 2, 4, 4, 8, 1, 8, 8, 8, 8, 8};
  return kSizes[static_cast<uint8_t>(type)];
}

struct FieldPlace {
  FieldType type = FieldType::kU8;
  bool optional = false;
  uint32_t end = 0;  // in bytes after the record's start

  bool scalar() const { return type < FieldType::kUtf8; }
  // How many bytes of the fixed part it takes: an optional scalar has a byte of presence.
  uint32_t size() const { return SizeOf(type) + (scalar() && optional ? 1 : 0); }
};

enum class Found : uint8_t {
  kHere,
  kAbsent,     // an optional field that is not there
  kZero,       // the schema that wrote the record did not have the field: it is the type's zero
  kMalformed,  // `why` says what is wrong
};

template <class T>
T LoadLittle(const uint8_t* p) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are read as they lie");
  T value;
  memcpy(&value, p, sizeof(T));
  return value;
}

// Finds a field, and gives the bytes of a scalar, or the content of a string or of bytes. `*why` is set for kMalformed.
// Reads nothing outside of the record.
inline Found FindField(Slice record, const FieldPlace& place, Slice* content, const char** why) {
  constexpr size_t kHeader = 4;
  const auto malformed = [&](const char* what) {
    *why = what;
    return Found::kMalformed;
  };
  if (record.size < kHeader) return malformed("it is too short for a header");
  if (record.data[0] != 1 || record.data[1] != 0) return malformed("its version or its flags are unknown here");
  const size_t fixed_end = kHeader + LoadLittle<uint16_t>(record.data + 2);
  if (fixed_end > record.size) return malformed("its fixed part ends beyond it");
  const uint32_t size = SizeOf(place.type);
  if (fixed_end < place.end) {
    if (fixed_end > place.end - place.size()) return malformed("its fixed part ends inside the field");
    return place.optional ? Found::kAbsent : Found::kZero;
  }
  const uint8_t* at = record.data + place.end - size;
  if (place.scalar()) {
    if (place.optional) {
      if (at[-1] > 1) return malformed("a byte of presence that is neither 0 nor 1");
      if (at[-1] == 0) return Found::kAbsent;
    }
    *content = Slice{at, size};
    return Found::kHere;
  }
  const uint32_t offset = LoadLittle<uint32_t>(at);
  if (offset == 0) return place.optional ? Found::kAbsent : Found::kZero;
  const uint32_t length = LoadLittle<uint32_t>(at + 4) & (place.type == FieldType::kUtf8 ? 0x7fffffffu : ~0u);
  if (offset < fixed_end || offset > record.size || length > record.size - offset) {
    return malformed("the field does not lie in its variable part");
  }
  *content = Slice{record.data + offset, length};
  return Found::kHere;
}

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RECORD_H_
