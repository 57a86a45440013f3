// Entries that JavaScript gives: those of a join's side that functions in JavaScript make.
#ifndef LEASEHOLD_CORE_GIVEN_ROWS_H_
#define LEASEHOLD_CORE_GIVEN_ROWS_H_

#include <memory>
#include <vector>

#include "core/rows/rows.h"

namespace leasehold {

// Has copies of the entries, which are valid until it is destroyed. All entries must be added before the first is read.
class GivenRows final : public Rows {
 public:
  // JoinTable has 16 bits for the length of a key.
  static constexpr uint32_t kMostKeyBytes = UINT16_MAX;

  // Adds `count` entries. `bytes` has a key and then its value for each, one after the other; `lengths` has two numbers
  // for each. kInvalidArgument, with nothing added, if the lengths do not add up to the size of `bytes`, or if a key is
  // larger than kMostKeyBytes. ENOMEM.
  Status Add(const uint32_t* lengths, uint32_t count, Slice bytes);

  Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) override;
  Status Step(Slice* key, Slice* value, bool* found) override;
  Status Count(uint64_t* count) override;

  // The number of the entry with this key. Entries are numbered from 0 on, in the order in which they were added.
  static uint32_t NumberOf(const uint8_t* key) {
    uint32_t number;
    memcpy(&number, key - sizeof(number), sizeof(number));
    return number;
  }

 private:
  // The entries of one Add. In `bytes`, the number of an entry comes before its key.
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
