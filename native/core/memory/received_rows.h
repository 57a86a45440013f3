// A table of rows that came from outside, with the bytes that they describe.
#ifndef LEASEHOLD_CORE_RECEIVED_ROWS_H_
#define LEASEHOLD_CORE_RECEIVED_ROWS_H_

#include <stddef.h>
#include <stdint.h>

#include "core/lmdb/lmdb_rows.h"

namespace leasehold {

// The most bytes of received entries that a lease covers, unless it covers one larger entry. More than in a
// transaction, since a lease takes 250 ns, and reading a received row only 10.
constexpr size_t kReceivedLeaseBytes = 16 * 1024;

struct ReceivedRows {
  const uint8_t* bytes;  // offsets of rows count from here
  size_t size;
  const leasehold_row* rows;
  uint32_t count;

  // Whether the bytes of a row are inside `bytes`.
  bool IsInside(const leasehold_row& row) const {
    return row.key_offset <= size && row.key_length <= size - row.key_offset && row.value_offset <= size &&
           row.value_length <= size - row.value_offset;
  }
  // The number of the first wrong row; `count` if all are right. Rows may overlap, but together must not have more
  // bytes than there are: otherwise moving them could take a multiple of what was received.
  uint32_t FirstWrong() const;
  // How many rows from `first` on one lease can cover, and how many bytes they have. Stops before a wrong row.
  uint32_t Run(uint32_t first, size_t* bytes_named) const;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RECEIVED_ROWS_H_
