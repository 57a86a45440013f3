// HalfSipHash-1-3 (J.-P. Aumasson and D. J. Bernstein); lib/key-map/keyed-hash.ts computes the same.
#ifndef LEASEHOLD_CORE_KEYED_HASH_H_
#define LEASEHOLD_CORE_KEYED_HASH_H_

#include <stddef.h>
#include <stdint.h>

#include <bit>

namespace leasehold {

// A hash of bytes that cannot be predicted without the two seeds.
class KeyedHash {
 public:
  KeyedHash(uint32_t seed0, uint32_t seed1) : seed0_(seed0), seed1_(seed1) {}

  uint32_t operator()(const uint8_t* bytes, size_t length) const {
    State state = {seed0_, seed1_, seed0_ ^ 0x6c796765, seed1_ ^ 0x74656462};
    const uint8_t* const end = bytes + (length & ~size_t{3});
    for (; bytes != end; bytes += 4) state.Add(Word(bytes, 4));
    state.Add(static_cast<uint32_t>(length) << 24 | Word(bytes, length & 3));
    state.v2 ^= 0xff;
    for (int i = 0; i < 3; i++) state.Round();
    return state.v1 ^ state.v3;
  }

 private:
  struct State {
    void Add(uint32_t word) {
      v3 ^= word;
      Round();
      v0 ^= word;
    }
    void Round() {
      v0 += v1;
      v1 = std::rotl(v1, 5) ^ v0;
      v0 = std::rotl(v0, 16);
      v2 += v3;
      v3 = std::rotl(v3, 8) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 7) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 13) ^ v2;
      v2 = std::rotl(v2, 16);
    }
    uint32_t v0, v1, v2, v3;
  };

  // Up to four bytes, as a little-endian number.
  static uint32_t Word(const uint8_t* bytes, size_t count) {
    uint32_t word = 0;
    for (size_t i = 0; i < count; i++) word |= uint32_t{bytes[i]} << (8 * i);
    return word;
  }

  const uint32_t seed0_;
  const uint32_t seed1_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_KEYED_HASH_H_
