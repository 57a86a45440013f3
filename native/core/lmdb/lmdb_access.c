// LMDB and what leasehold needs of it beyond its public interface, compiled as one: the parts below reach what mdb.c
// keeps to itself. Each part that is for others has a header of its own. What is changed in mdb.c itself stands in
// native/lmdb/.

// Before the first header: LMDB needs what only this gives (locks of open file descriptions).
#define _GNU_SOURCE 1

// Before mdb.c, whose waiting for locks it replaces.
#include "core/lmdb/lmdb_locks.c"

// Its search of the list of changed pages is replaced: see lmdb_put.c.
#define mdb_mid2l_search leasehold_find_dirty
#include <mdb.c>
#undef mdb_mid2l_search

#include "core/lmdb/lmdb_files.c"
#include "core/lmdb/lmdb_get.c"
#include "core/lmdb/lmdb_handles.c"
#include "core/lmdb/lmdb_map.c"
#include "core/lmdb/lmdb_metas.c"
#include "core/lmdb/lmdb_pairs.c"
#include "core/lmdb/lmdb_put.c"
#include "core/lmdb/lmdb_readers.c"
#include "core/lmdb/lmdb_rows.c"
#include "core/lmdb/lmdb_synced.c"
