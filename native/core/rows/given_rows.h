// Entries that somebody hands over: JavaScript, for the side of a join that its functions have made.
#ifndef LEASEHOLD_CORE_GIVEN_ROWS_H_
#define LEASEHOLD_CORE_GIVEN_ROWS_H_

#include <memory>
#include <vector>

#include "core/rows/rows.h"

namespace leasehold {

// Keeps copies, which are valid until it is destroyed. All entries must have been added before the first is read.
class GivenRows final : public Rows {
 public:
  // JoinTable keeps the length of a key in 16 bits.
  static constexpr uint32_t kMostKeyBytes = UINT16_MAX;

  // Adds `count` entries, whose bytes stand one behind the other, a key before its value: `lengths` has two numbers for
  // each. Nothing is added, and kInvalidArgument, unless they add up to `bytes` and no key is larger than
  // kMostKeyBytes. ENOMEM.
  Status Add(const uint32_t* lengths, uint32_t count, Slice bytes);

  Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) override;
  Status Step(Slice* key, Slice* value, bool* found) override;
  Status Count(uint64_t* count) override;

  // The number of an entry, from 0 on in the order in which they were added, by where its key lies.
  static uint32_t NumberOf(const uint8_t* key) {
    uint32_t number;
    memcpy(&number, key - sizeof(number), sizeof(number));
    return number;
  }

 private:
  // What was added at once: before each key stands its number.
  struct Chunk {
    std::unique_ptr<uint8_t[]> bytes;
    std::vector<leasehold_row> rows;
  };

  std::vector<Chunk> chunks_;
  uint32_t count_ = 0;
  size_t chunk_at_ = 0;
  size_t row_at_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_GIVEN_ROWS_H_
