// Where a join value stands in an entry, and how it is read.
#ifndef LEASEHOLD_CORE_JOIN_PLACE_H_
#define LEASEHOLD_CORE_JOIN_PLACE_H_

#include <string>

#include "core/formats/record.h"
#include "core/join/join_value.h"

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

struct JoinPlace {
  enum Source : uint8_t {
    kNumberKey = kOnKeyNumber,
    kTextKey = kOnKeyText,
    kBytesKey = kOnKeyBytes,
    kTupleKey = kOnKeyTuple,
    kElement = kOnElement,
    kField = kOnField,
  };
  Source source = kTupleKey;
  uint32_t index = 0;  // of the element
  FieldPlace field;
  std::string label;  // for errors
};

// Reads a join value. False if it is malformed; `*fault` says what is wrong. Its bytes lie in the entry or in
// `*scratch`.
bool ReadJoinValue(const JoinPlace& place, const Entry& entry, std::string* scratch, JoinValue* value,
                   std::string* fault);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_JOIN_PLACE_H_
