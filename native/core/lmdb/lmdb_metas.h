// The meta pages, with which a data file begins and which tell where its versions stand.
#ifndef LEASEHOLD_CORE_LMDB_METAS_H_
#define LEASEHOLD_CORE_LMDB_METAS_H_

#include <lmdb.h>

#ifdef __cplusplus
extern "C" {
#endif

// Fills the meta pages of a copy, as many bytes as leasehold_metas_size says, so that the copy is of the version that a
// read-only transaction sees.
void leasehold_fill_metas(MDB_txn *txn, void *pages);
size_t leasehold_metas_size(MDB_env *env);

// The same for a new, empty database, by an environment that has not been opened: these pages are all of its file.
void leasehold_fill_new_metas(MDB_env *env, void *pages);
size_t leasehold_new_metas_size(MDB_env *env);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_METAS_H_
