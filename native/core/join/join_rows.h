// Describes the pairs of a join for JavaScript: a row for each pair in two tables, one of each side. A row without a
// key stands for no entry.
#ifndef LEASEHOLD_CORE_JOIN_ROWS_H_
#define LEASEHOLD_CORE_JOIN_ROWS_H_

#include "core/join/join.h"
#include "core/store/read_transaction.h"

namespace leasehold {

// The rows of one side: where they lie in the map, and how many bytes they name. What a row and the one before it both
// name counts once.
struct SideRows {
  uint32_t key_window = 0;
  uint32_t value_window = 0;
  size_t bytes = 0;
};

struct LentPairs {
  uint32_t count = 0;
  SideRows build;
  SideRows probe;
  // The next pairs lie in so many windows, or across two, that they are better copied; nothing was described.
  bool needs_copy = false;
};

// Describes pairs, from the first on, by where they lie: as many as lie in the same windows and, for each side, have at
// most kLeaseBytes (or one pair, if larger).
LentPairs LendPairs(const ReadTransaction& transaction, const Pair* pairs, uint32_t count, leasehold_row* build,
                    leasehold_row* probe);

// What a copy of pairs takes, for as many as LendPairs would take if windows were no matter: rows, and then the bytes.
struct CopiedPairs {
  uint32_t count = 0;
  size_t build_bytes = 0;
  size_t probe_bytes = 0;
};
CopiedPairs MeasurePairs(const Pair* pairs, uint32_t count);

// Copies `count` pairs: the rows of each side to its memory and behind them the bytes that they name, counted from
// there.
void CopyPairs(const Pair* pairs, uint32_t count, uint8_t* build, uint8_t* probe);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_JOIN_ROWS_H_
