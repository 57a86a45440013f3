// Where LMDB maps the data file, and which of its bytes a transaction may read.
#ifndef LEASEHOLD_CORE_LMDB_MAP_H_
#define LEASEHOLD_CORE_LMDB_MAP_H_

#include <lmdb.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Where the file is mapped, or NULL before the environment is open. (mdb_env_info tells it for MDB_FIXEDMAP alone.)
const uint8_t *leasehold_map_base(MDB_env *env);

// mdb_env_set_mapsize. Where that would lose the map, because there is no address space for the new size, this gives
// ENOMEM and leaves the map as it is.
int leasehold_set_mapsize(MDB_env *env, size_t size);

// How many bytes of the map a transaction can see.
size_t leasehold_used_bytes(MDB_txn *txn);

// How many bytes of the file belong to the version that a transaction sees.
size_t leasehold_extent(MDB_txn *txn);

// MDB_CORRUPTED if bytes of an entry reach beyond what the transaction sees: in a damaged file the length of a value
// may be anything, and reading behind the end of the file is a SIGBUS.
int leasehold_check_bytes(MDB_txn *txn, const MDB_val *bytes);

// MDB_CORRUPTED if a page that the transaction can reach lies beyond `file_pages`: reading such a page would be a
// SIGBUS. (A sound file may be shorter than its last page number says: pages allocated and freed in one transaction are
// never written.)
int leasehold_check_extent(MDB_txn *txn, size_t file_pages);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_MAP_H_
