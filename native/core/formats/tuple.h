// Finds an element of a tuple key where it lies. The format is that of FoundationDB's tuple layer, which
// lib/key/tuple-format.ts writes and reads.
#ifndef LEASEHOLD_CORE_TUPLE_H_
#define LEASEHOLD_CORE_TUPLE_H_

#include "core/status.h"

namespace leasehold {

enum TupleCode : uint8_t {
  kTupleNull = 0x00,
  kTupleBytes = 0x01,
  kTupleText = 0x02,
  kTupleNested = 0x05,
  kTupleLongNegative = 0x0b,  // an integer of more than 8 bytes follows its length; both are complemented
  kTupleZero = 0x14,          // an integer of n bytes has the code 0x14 + n, a negative one 0x14 - n
  kTupleLongPositive = 0x1d,
  kTupleFloat = 0x20,
  kTupleDouble = 0x21,
  kTupleFalse = 0x26,
  kTupleTrue = 0x27,
  kTupleUuid = 0x30,
  kTupleVersionstamp = 0x33,
};

// What is wrong with a key, and at which byte.
struct TupleFault {
  const char* what = nullptr;
  size_t offset = 0;
};

enum class Element : uint8_t { kHere, kNone, kMalformed };

// Finds the element number `index`, and gives its bytes from its code to its end. kNone if the key has fewer elements;
// kMalformed, with `*fault`, if the key is malformed before the element's end: what comes behind it is not looked at.
// Reads nothing outside of the key.
Element FindElement(Slice key, uint32_t index, Slice* element, TupleFault* fault);

// Whether the content of a string or of bytes (what lies between code and end) has a byte 00, which is stored as 00 FF.
bool HasEscapes(Slice content);
// The content, without the FF that is stored behind each 00.
std::string Unescape(Slice content);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_TUPLE_H_
