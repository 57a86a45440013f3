// The seeded 64-bit hash of join values. (A KeyMap has another one, which JavaScript computes too.)
#ifndef LEASEHOLD_CORE_JOIN_HASHER_H_
#define LEASEHOLD_CORE_JOIN_HASHER_H_

#include <stdint.h>
#include <string.h>

#include "core/status.h"

namespace leasehold {

// After wyhash (Wang Yi, public domain): 64-bit words are multiplied to 128 bits, and the two halves are combined. All
// constants are random and secret: with public constants, inputs can be crafted that collide whatever the seed is.
class JoinHasher {
 public:
  // Gets random constants from the system. To be called before anything is hashed.
  Status Seed();

  uint64_t seed() const { return secrets_[2]; }
  uint64_t Number(uint64_t number, uint64_t seed) const { return Mix(number ^ secrets_[0], seed ^ secrets_[1]); }

  uint64_t Bytes(Slice bytes, uint64_t seed) const {
    const uint8_t* p = bytes.data;
    size_t left = bytes.size;
    uint64_t a = 0;
    uint64_t b = 0;
    if (left > 16) {
      for (; left > 16; left -= 16, p += 16) seed = Mix(Read8(p) ^ secrets_[1], Read8(p + 8) ^ seed);
      a = Read8(p + left - 16);
      b = Read8(p + left - 8);
    } else if (left >= 8) {
      a = Read8(p);
      b = Read8(p + left - 8);
    } else if (left >= 4) {
      a = Read4(p);
      b = Read4(p + left - 4);
    } else if (left > 0) {
      a = uint64_t{p[0]} << 16 | uint64_t{p[left >> 1]} << 8 | p[left - 1];
    }
    return Mix(Mix(a ^ secrets_[1], b ^ seed) ^ bytes.size, secrets_[0]);
  }

 private:
  static uint64_t Read8(const uint8_t* p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
  }
  static uint64_t Read4(const uint8_t* p) {
    uint32_t word;
    memcpy(&word, p, 4);
    return word;
  }
  static uint64_t Mix(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{a} * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }

  uint64_t secrets_[3] = {};
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_JOIN_HASHER_H_
