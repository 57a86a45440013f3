// Numbers whose bytes sort as they do.
#ifndef LEASEHOLD_CORE_BIG_ENDIAN_H_
#define LEASEHOLD_CORE_BIG_ENDIAN_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <string>

namespace leasehold {

template <class Number>
Number LoadBig(const uint8_t* from) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  // GCC makes eight loads of the loop below.
  if constexpr (sizeof(Number) == sizeof(uint64_t)) {
    uint64_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return static_cast<Number>(__builtin_bswap64(bytes));
  }
#endif
  Number number = 0;
  for (size_t i = 0; i < sizeof(Number); i++) number = static_cast<Number>(number << 8 | from[i]);
  return number;
}

template <class Number>
void StoreBig(Number number, uint8_t* to) {
  for (size_t i = sizeof(Number); i-- > 0; number = static_cast<Number>(number >> 8)) {
    to[i] = static_cast<uint8_t>(number);
  }
}

template <class Number>
void AppendBig(Number number, std::string* to) {
  for (size_t i = sizeof(Number); i-- > 0;) to->push_back(static_cast<char>(number >> (8 * i)));
}

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_BIG_ENDIAN_H_
