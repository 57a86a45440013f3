// The interface of everything that can be read entry by entry.
#ifndef LEASEHOLD_CORE_ROWS_H_
#define LEASEHOLD_CORE_ROWS_H_

#include "core/lmdb/lmdb_rows.h"
#include "core/rows/range_bound.h"

namespace leasehold {

// The entries that one Fill describes. Offsets in the rows count from `keys` and from `values`.
struct Batch {
  uint32_t count = 0;
  size_t bytes = 0;  // how many bytes the keys and values have, with the values' headers
  const uint8_t* keys = nullptr;
  const uint8_t* values = nullptr;
  // For rows of a snapshot: the numbers of the windows that begin at `keys` and `values`.
  uint32_t key_window = 0;
  uint32_t value_window = 0;
  // The next entry cannot be described as a row. Step returns it.
  bool needs_step = false;
  // The page on which the entries behind these lie, or null: whoever goes over all of them can fetch it into the
  // processor's cache meanwhile.
  const uint8_t* ahead = nullptr;
};

// Entries in order, from any origin. Ranges, scans, joins and exports use only this interface, so a new kind of rows is
// a new class. A reader can mix calls of Fill and Step; each entry is returned once. There is one virtual call for each
// batch, and none for each row.
//
// What Fill and Step give as a value is what stands behind its header. The header stands directly before the value.
class Rows {
 public:
  virtual ~Rows() = default;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // True if it is known that there are no further entries.
  bool done() const { return done_; }
  // How many bytes stand before each value, as its header (core/versions/header.h). 0 if only keys are read.
  uint32_t lead() const { return lead_; }

  // Describes the next entries: up to `max`, with up to `budget` bytes, or one larger entry. If there are none and
  // `needs_step` is not set, the end is reached. The entries are valid until the next call, unless the class says more.
  virtual Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) = 0;
  // Finds the next entry; `*found` is false at the end. The entry is valid as long as those of Fill.
  virtual Status Step(Slice* key, Slice* value, bool* found) = 0;
  // Goes to the first entry at a place, forward or back; only where the rows are a range. The next call of Fill or Step
  // returns it. `unread` of the entries that were returned do not count towards the limit.
  virtual Status Seek(const RangeBound& /*place*/, uint64_t /*unread*/) {
    return Status(kInvalidArgument, "these entries are not in the order of their keys");
  }
  // How many entries there are in all, including those that have already been returned.
  virtual Status Count(uint64_t* count) = 0;
  // Goes back by `count` entries, so that the next call searches them again, since they may have changed. False unless
  // the last Fill described more than that. Not called for rows that never change.
  virtual bool TakeBack(uint32_t count) { return count == 0; }

 protected:
  explicit Rows(uint32_t lead = 0) : lead_(lead) {}
  void set_done(bool done) { done_ = done; }

 private:
  const uint32_t lead_;
  bool done_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_ROWS_H_
