// Finding the value of a key.
#ifndef LEASEHOLD_CORE_LMDB_GET_H_
#define LEASEHOLD_CORE_LMDB_GET_H_

#include <lmdb.h>

#ifdef __cplusplus
extern "C" {
#endif

// mdb_get. In a read transaction, on a database with plain keys, it goes down the tree without a cursor, compares keys
// inline, and fetches into the cache the nodes that it may compare next: three quarters of the time.
// MDB_CORRUPTED for a value that reaches beyond what the transaction sees.
int leasehold_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_GET_H_
