// Describes the pairs of a join for JavaScript, in two tables, one for each side. Both have a row for each pair; a row
// without a key stands for no entry.
#ifndef LEASEHOLD_CORE_JOIN_ROWS_H_
#define LEASEHOLD_CORE_JOIN_ROWS_H_

#include "core/join/join.h"
#include "core/store/read_transaction.h"

namespace leasehold {

// How the entries of a side are described. If JavaScript has given the side, it has its entries itself: a row then has
// the entry's number (GivenRows), and 1 where a row would have the length of the key. No memory is lent or copied for
// such a side.
struct SideForm {
  bool given = false;
  uint32_t lead = 0;  // see Rows::lead
};

struct PairForm {
  SideForm build;
  SideForm probe;
};

// The rows of one side: in which windows their bytes lie, and how many bytes they are. If a row describes the same
// entry as the row before it, the bytes count once.
struct SideRows {
  uint32_t key_window = 0;
  uint32_t value_window = 0;
  size_t bytes = 0;
};

struct LentPairs {
  uint32_t count = 0;
  SideRows build;
  SideRows probe;
  // Nothing was described: the next pairs lie in many windows, or across two, so copying them is better.
  bool needs_copy = false;
};

// Describes pairs where they lie, beginning with the first: as many as lie in the same windows and have, on each side,
// at most kLeaseBytes; or one pair, if it is larger.
LentPairs LendPairs(const ReadTransaction& transaction, const PairForm& form, const Pair* pairs, uint32_t count,
                    leasehold_row* build, leasehold_row* probe);

// How much memory a copy of pairs takes on each side, for its rows and the bytes that they describe. It is of as many
// pairs as LendPairs would describe if all lay in the same windows.
struct CopiedPairs {
  uint32_t count = 0;
  size_t build_bytes = 0;
  size_t probe_bytes = 0;
};
CopiedPairs MeasurePairs(const PairForm& form, const Pair* pairs, uint32_t count);

// Copies `count` pairs. The memory of each side gets the rows, and behind them the bytes that they describe. The
// offsets count from the beginning of that memory.
void CopyPairs(const PairForm& form, const Pair* pairs, uint32_t count, uint8_t* build, uint8_t* probe);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_JOIN_ROWS_H_
