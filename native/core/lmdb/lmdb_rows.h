// Describing the entries of a leaf page where they lie.
#ifndef LEASEHOLD_CORE_LMDB_ROWS_H_
#define LEASEHOLD_CORE_LMDB_ROWS_H_

#include <lmdb.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// One entry of a batch. Offsets count from the batch's windows.
typedef struct leasehold_row {
  uint32_t key_offset;
  uint32_t key_length;
  uint32_t value_offset;
  uint32_t value_length;
} leasehold_row;

// Which bytes a batch may describe.
typedef struct leasehold_windows {
  const uint8_t *keys;
  const uint8_t *values;
  size_t key_extent;  // bytes of the window that may be described
  size_t value_extent;
  int keys_only;  // values are given no bytes
  uint32_t lead;  // how many bytes a header has, which stands before each value; 0 with keys_only
  int distinct;   // one row for each key
  int any_keys;   // keys are stored as core/keys/reveal_key.h says; rows describe the keys themselves
} leasehold_windows;

// Describes entries of the leaf page that a read-only cursor stands on, from the entry that it stands on, and leaves it
// on the last one described. Returns how many rows.
//
// A row describes the value behind its header; the header lies in the same window, and its bytes count as the value's.
//
// It stops after `max` rows; at the end of the page; where keys can have several values, also at the end of one key's
// values or before it; before a value that is shorter than its header; and before an entry that lies outside of the
// windows, or whose bytes, added to those described, are more than `*budget`. `any`: the first entry is described
// whatever its size. Afterwards `*budget` is what is left of it, 0 if it stopped before an entry.
unsigned leasehold_leaf_rows(MDB_cursor *cursor, int reverse, const leasehold_windows *windows, leasehold_row *rows,
                             unsigned max, int any, size_t *budget);

// The leaf page behind the one that the cursor stands on, in the direction of walking; null if that is not known
// without reading other pages.
const uint8_t *leasehold_leaf_ahead(MDB_cursor *cursor, int reverse);

// Gives the key that the cursor stands on, and the last key of its leaf page; returns 0 if it stands on none.
int leasehold_leaf_key(MDB_cursor *cursor, MDB_val *key);
int leasehold_leaf_last(MDB_cursor *cursor, MDB_val *last_key);

// Goes over keys of the leaf page that the cursor stands on, and leaves it on the last one of them. The cursor must
// stand on the first value of a key, in the direction of walking. Goes over so many whole keys as have at most `max`
// entries; with `distinct`, a key counts as one entry. Returns how many entries. Afterwards, only MDB_NEXT_NODUP or
// MDB_PREV_NODUP may follow. If it returns 0, it has not moved the cursor.
size_t leasehold_leaf_skip(MDB_cursor *cursor, int reverse, int distinct, size_t max);

// Goes over at most `max` values of the key that the cursor stands on, from the present one on, but not further than
// the page on which they lie, and leaves the cursor on the last one. Returns how many; 0 if the key has one value.
size_t leasehold_values_skip(MDB_cursor *cursor, int reverse, size_t max);
// Gives the last value on that page; returns 0 if the key has one value.
int leasehold_values_last(MDB_cursor *cursor, MDB_val *value);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_ROWS_H_
