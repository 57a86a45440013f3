// The value of a row that is a number (docs/format.md): kNumberValueBytes bytes, of which the eight from kNumberAt on
// are the number, a big-endian double, and the others are the same in all such values.
#ifndef LEASEHOLD_CORE_NUMBER_VALUE_H_
#define LEASEHOLD_CORE_NUMBER_VALUE_H_

#include <string.h>

#include <bit>

#include "contract.h"
#include "core/status.h"
#include "core/versions/big_endian.h"

namespace leasehold {

class NumberValue {
 public:
  // Copies a value. kCodec if it is no number.
  Status Read(Slice value) {
    if (value.size != kNumberValueBytes) {
      return Status(kCodec,
                    "a value of " + std::to_string(value.size) + " bytes is no number, so nothing can be added");
    }
    memcpy(bytes_, value.data, kNumberValueBytes);
    return Status();
  }

  // Adds the number in another value. kCodec if that is no number, or one of another kind.
  Status Add(Slice value) {
    NumberValue other;
    Status status = other.Read(value);
    if (!status.ok()) return status;
    const double sum = number() + other.number();
    StoreBig(std::bit_cast<uint64_t>(sum), bytes_ + kNumberAt);
    StoreBig(std::bit_cast<uint64_t>(sum), other.bytes_ + kNumberAt);
    if (memcmp(bytes_, other.bytes_, kNumberValueBytes) == 0) return Status();
    return Status(kCodec, "the value is no number, so nothing can be added");
  }

  Slice bytes() const { return Slice{bytes_, kNumberValueBytes}; }

 private:
  double number() const { return std::bit_cast<double>(LoadBig<uint64_t>(bytes_ + kNumberAt)); }

  uint8_t bytes_[kNumberValueBytes];
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_NUMBER_VALUE_H_
