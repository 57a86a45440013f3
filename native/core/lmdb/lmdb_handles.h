// Named databases: finding, making and dropping them, and the handles that stand for them. core/database/collections.h
// tells why LMDB's own way of opening handles is not used.
#ifndef LEASEHOLD_CORE_LMDB_HANDLES_H_
#define LEASEHOLD_CORE_LMDB_HANDLES_H_

#include <lmdb.h>

#ifdef __cplusplus
extern "C" {
#endif

// Whether the entry that a cursor of the unnamed database stands on is the record of a named one.
int leasehold_is_collection(MDB_cursor *cursor);

// Finds a named database, and gives its persistent flags. MDB_NOTFOUND if the transaction sees none of that name,
// MDB_INCOMPATIBLE if what it sees under that name is an ordinary entry.
int leasehold_find_collection(MDB_txn *txn, const char *name, unsigned *flags);

// Makes a handle stand for the databases of that name and those flags. It needs no transaction, and no transaction may
// be using the handle. MDB_DBS_FULL for a handle beyond the limit, ENOMEM. For one thread at a time; others may use
// other handles meanwhile.
int leasehold_open_handle(MDB_env *env, MDB_dbi dbi, const char *name, unsigned flags);

// Looks up what a handle stands for in a transaction, after which LMDB's functions take the handle there. The
// transaction must see a database of the handle's name and flags, those aside that LMDB does not read.
int leasehold_use_handle(MDB_txn *txn, MDB_dbi dbi);

// Makes a named database, which is empty and has these persistent flags. MDB_KEYEXIST if there is one of that name;
// MDB_INCOMPATIBLE if there can be none, because of an entry of that name or the flags of the unnamed database.
int leasehold_make_collection(MDB_txn *txn, const char *name, unsigned flags);

// Adds persistent flags to a named database, whose handle is not usable afterwards before it is looked up again. The
// caller must know that LMDB reads none of the flags.
int leasehold_add_flags(MDB_txn *txn, MDB_dbi dbi, unsigned flags);

// mdb_drop(txn, dbi, 1), but the handle stays: other transactions may be using it, and this one may make the database
// again, or be rolled back.
int leasehold_drop(MDB_txn *txn, MDB_dbi dbi);

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_LMDB_HANDLES_H_
