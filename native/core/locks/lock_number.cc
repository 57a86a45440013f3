#include "core/locks/lock_number.h"

#include <bit>

namespace leasehold {
namespace {

// The state of SipHash-2-4 (J.-P. Aumasson and D. J. Bernstein).
struct SipState {
  uint64_t v0;
  uint64_t v1;
  uint64_t v2;
  uint64_t v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void Add(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
};

// Any key does, but all programs must have the same.
constexpr uint64_t kSipKey0 = 0x6c65617365686f6c;
constexpr uint64_t kSipKey1 = 0x642e6c6f636b7331;

}  // namespace

uint64_t LockNumber(std::u16string_view name) {
  SipState state{kSipKey0 ^ 0x736f6d6570736575, kSipKey1 ^ 0x646f72616e646f6d, kSipKey0 ^ 0x6c7967656e657261,
                 kSipKey1 ^ 0x7465646279746573};
  uint64_t word = 0;
  for (size_t i = 0; i < name.size(); i++) {
    word |= uint64_t{name[i]} << (16 * (i % 4));
    if (i % 4 != 3) continue;
    state.Add(word);
    word = 0;
  }
  // The length in bytes, of which SipHash uses the last eight bits.
  state.Add(word | uint64_t{name.size() * 2} << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; i++) state.Round();
  return (state.v0 ^ state.v1 ^ state.v2 ^ state.v3) >> 2;
}

}  // namespace leasehold
