// The one interface of whatever can be read entry by entry.
#ifndef LEASEHOLD_CORE_ROWS_H_
#define LEASEHOLD_CORE_ROWS_H_

#include "core/lmdb/lmdb_rows.h"
#include "core/status.h"

namespace leasehold {

// What one Fill describes. Offsets in its rows count from `keys` and from `values`.
struct Batch {
  uint32_t count = 0;
  size_t bytes = 0;  // of the keys and values described
  const uint8_t* keys = nullptr;
  const uint8_t* values = nullptr;
  // For rows of a snapshot: the numbers of the windows that begin there.
  uint32_t key_window = 0;
  uint32_t value_window = 0;
  // The next entry cannot be described as a row: Step gives it.
  bool needs_step = false;
};

// Entries in order, wherever they come from. Ranges, scans, joins and exports see only this, so that a new kind of rows
// is a new class. Readers call Fill and Step by turns as they like; each entry is given once. There is one virtual call
// for each batch, and none for each row.
class Rows {
 public:
  virtual ~Rows() = default;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // Whether it is known that there are no further entries.
  bool done() const { return done_; }

  // Describes up to `max` further entries, of up to `budget` bytes, or one that alone is larger. None, and `needs_step`
  // is not set: there are no more. What it describes is valid until the next call, unless the class promises more.
  virtual Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) = 0;
  // Gives the next entry; `*found` is false at the end. As valid as what Fill describes.
  virtual Status Step(Slice* key, Slice* value, bool* found) = 0;
  // How many entries there are in all, whichever of them have been given.
  virtual Status Count(uint64_t* count) = 0;
  // Has the last `count` entries that the last Fill described be looked for anew, since they may have changed. False
  // unless it described more than those; rows that never change are never asked.
  virtual bool TakeBack(uint32_t count) { return count == 0; }

 protected:
  Rows() = default;
  void set_done(bool done) { done_ = done; }

 private:
  bool done_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_ROWS_H_
