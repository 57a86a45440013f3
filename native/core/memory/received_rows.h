// A table of rows that came from outside, with the bytes that they name.
#ifndef LEASEHOLD_CORE_RECEIVED_ROWS_H_
#define LEASEHOLD_CORE_RECEIVED_ROWS_H_

#include <stddef.h>
#include <stdint.h>

#include "core/lmdb/lmdb_rows.h"

namespace leasehold {

// How many bytes of received entries a lease covers at most (or one entry, if larger). More than of a transaction's, as
// a lease costs 250 ns, and reading a received row 10.
constexpr size_t kReceivedLeaseBytes = 16 * 1024;

struct ReceivedRows {
  const uint8_t* bytes;  // offsets of rows count from here
  size_t size;
  const leasehold_row* rows;
  uint32_t count;

  // Whether a row names bytes that are there.
  bool IsInside(const leasehold_row& row) const {
    return row.key_offset <= size && row.key_length <= size - row.key_offset && row.value_offset <= size &&
           row.value_length <= size - row.value_offset;
  }
  // The first row at fault, `count` if there is none. Rows may overlap, but must not name more bytes than there are:
  // moving them would take a multiple of what was received.
  uint32_t FirstWrong() const;
  // How many rows from `first` on one lease covers, and what bytes they name. Stops before a row at fault.
  uint32_t Run(uint32_t first, size_t* bytes_named) const;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RECEIVED_ROWS_H_
