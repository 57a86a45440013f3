// Putting a pair where keys have one value each.
#ifndef LEASEHOLD_CORE_LMDB_PUT_H_
#define LEASEHOLD_CORE_LMDB_PUT_H_

#include <lmdb.h>

#ifdef __cplusplus
extern "C" {
#endif

// mdb_cursor_put, faster. Where keys come in order, the cursor still stands where the key before was put. Where they do
// not, what is compared on the way down is fetched into the cache ahead. A page that is full at the end of the tree is
// left full, as MDB_APPEND would leave it, and not split in the middle. `flags`: MDB_NOOVERWRITE, MDB_RESERVE, both or
// 0.
int leasehold_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value, unsigned flags);

// mdb_cursor_get with MDB_SET, faster, for a cursor that leasehold_put will use next: that then need not search again.
// MDB_CORRUPTED for a value that reaches beyond what the transaction sees.
int leasehold_find(MDB_cursor *cursor, MDB_val *key, MDB_val *value);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_PUT_H_
