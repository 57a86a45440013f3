// The time after which a value is absent.
#ifndef LEASEHOLD_CORE_EXPIRY_H_
#define LEASEHOLD_CORE_EXPIRY_H_

#include <algorithm>
#include <cstdint>

#include "contract.h"
#include "core/versions/big_endian.h"

namespace leasehold {

// Times are in ms since 1970, as in the header of a value (core/versions/header.h). 0 stands for never.
constexpr uint64_t kNever = 0;
// The last time that JavaScript has a Date for.
constexpr uint64_t kLastTime = 8'640'000'000'000'000;

// What the time of now is; never 0.
uint64_t CurrentTime();
// For tests and `leasehold verify`: CurrentTime differs from the system's clock by so many ms from now on, in all
// threads.
void ShiftClock(int64_t by);

inline bool IsExpired(uint64_t time, uint64_t now) { return time != kNever && time <= now; }

// The time of a value; `value` is where the value begins, behind its header. Its collection expires.
inline uint64_t TimeBefore(const uint8_t* value) { return LoadBig<uint64_t>(value - sizeof(uint64_t)); }

// The time that a put gives to a value, as JavaScript encodes it: milliseconds, in whose first byte kTimeIsTtl and
// kTimeKeepsOld say what they mean.
struct Expiry {
  uint64_t bits = kNever;

  // `old`: the time of the value that is replaced, null if there is none.
  uint64_t TimeAt(uint64_t now, const uint64_t* old) const {
    constexpr int kFirstByte = 56;
    constexpr uint64_t kIsTtl = uint64_t{kTimeIsTtl} << kFirstByte;
    constexpr uint64_t kKeepsOld = uint64_t{kTimeKeepsOld} << kFirstByte;
    if ((bits & kKeepsOld) != 0 && old != nullptr) return *old;
    const uint64_t ms = bits & ~(kIsTtl | kKeepsOld);
    return (bits & kIsTtl) != 0 ? std::min(now + ms, kLastTime) : ms;
  }
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_EXPIRY_H_
