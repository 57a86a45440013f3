// Versions of the database that are to be found again after a power cut. core/sync/syncer.h tells how.
#ifndef LEASEHOLD_CORE_LMDB_SYNCED_H_
#define LEASEHOLD_CORE_LMDB_SYNCED_H_

#include <lmdb.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a meta page says of a version of the database: LMDB's MDB_meta, with zeros behind it.
#define LEASEHOLD_MOST_META_BYTES 256
typedef struct leasehold_meta {
  uint64_t words[LEASEHOLD_MOST_META_BYTES / sizeof(uint64_t)];
} leasehold_meta;
// How many of the bytes are LMDB's.
size_t leasehold_meta_size(void);
// The transaction that committed the version.
uint64_t leasehold_meta_id(const leasehold_meta *meta);

uint64_t leasehold_checksum(const void *data, size_t size);

// Has the reader slot of `holder`, a read-only transaction that was reset, keep the pages of the newest version from
// being used again, and gives the meta page of that version. Unlike mdb_txn_renew it works however large the map is.
// MDB_CORRUPTED if the meta page is of another version than the lock file says.
int leasehold_pin(MDB_txn *holder, leasehold_meta *meta);
void leasehold_unpin(MDB_txn *holder);
// Pins a later version instead. The pin so far has kept that version's pages too.
void leasehold_raise(MDB_txn *holder, uint64_t id);

// The version that was committed last.
uint64_t leasehold_newest_id(MDB_env *env);
// The version that a write transaction goes on from.
uint64_t leasehold_base_id(MDB_txn *txn);

// Whether less than an eighth of the map has never been used.
int leasehold_is_nearly_full(MDB_txn *txn);

// Reads a data file. Gives a number that two versions share only if the same bytes stand where their trees begin. 0, an
// errno, or MDB_CORRUPTED if the file is too short.
int leasehold_hash_roots(int fd, const leasehold_meta *meta, uint64_t *hash);
// Makes a version the only one of a data file. 0 or an errno.
int leasehold_write_metas(int fd, const leasehold_meta *meta);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_SYNCED_H_
