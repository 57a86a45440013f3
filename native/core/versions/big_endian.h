// Numbers whose bytes sort as they do.
#ifndef LEASEHOLD_CORE_BIG_ENDIAN_H_
#define LEASEHOLD_CORE_BIG_ENDIAN_H_

#include <stddef.h>
#include <stdint.h>

#include <string>

namespace leasehold {

template <class Number>
Number LoadBig(const uint8_t* from) {
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
