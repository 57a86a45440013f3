// A part of lmdb_access.c: the handles of named databases, and making and dropping those.
#include "core/lmdb/lmdb_handles.h"

#include "core/lmdb/lmdb_pages.h"

int leasehold_is_collection(MDB_cursor *cursor) {
  if (!on_plain_leaf(cursor)) return 0;
  MDB_node *node = NODEPTR(cursor->mc_pg[cursor->mc_top], cursor->mc_ki[cursor->mc_top]);
  return (node->mn_flags & (F_DUPDATA | F_SUBDATA)) == F_SUBDATA;
}

// Reads the record of a named database in the unnamed one, on which `*cursor` then stands.
static int find_record(MDB_txn *txn, MDB_val *name, MDB_cursor *cursor, MDB_db *db) {
  if (txn->mt_flags & MDB_TXN_BLOCKED) return MDB_BAD_TXN;
  // Where the unnamed database has several values a key, LMDB allows no named ones.
  if (txn->mt_dbs[MAIN_DBI].md_flags & MDB_DUPSORT) return MDB_NOTFOUND;
  MDB_val record;
  int exact = 0;
  mdb_cursor_init(cursor, txn, MAIN_DBI, NULL);
  int rc = mdb_cursor_set(cursor, name, &record, MDB_SET, &exact);
  if (rc != MDB_SUCCESS) return rc;
  if (!leasehold_is_collection(cursor) || record.mv_size != sizeof(*db)) return MDB_INCOMPATIBLE;
  memcpy(db, record.mv_data, sizeof(*db));
  return MDB_SUCCESS;
}

int leasehold_find_collection(MDB_txn *txn, const char *name, unsigned *flags) {
  MDB_val key = {strlen(name), (void *)name};
  MDB_cursor cursor;
  MDB_db db;
  int rc = find_record(txn, &key, &cursor, &db);
  if (rc == MDB_SUCCESS) *flags = db.md_flags & PERSISTENT_FLAGS;
  return rc;
}

int leasehold_open_handle(MDB_env *env, MDB_dbi dbi, const char *name, unsigned flags) {
  if (dbi >= env->me_maxdbs) return MDB_DBS_FULL;
  // mdb_default_cmp reads no more of a transaction than this.
  MDB_dbx handle = {0};
  MDB_db db = {.md_flags = (uint16_t)flags};
  MDB_txn txn = {.mt_dbxs = &handle, .mt_dbs = &db};
  mdb_default_cmp(&txn, 0);
  handle.md_name.mv_size = strlen(name);
  handle.md_name.mv_data = strdup(name);
  if (handle.md_name.mv_data == NULL) return ENOMEM;
  free(env->me_dbxs[dbi].md_name.mv_data);
  env->me_dbxs[dbi] = handle;
  return MDB_SUCCESS;
}

int leasehold_use_handle(MDB_txn *txn, MDB_dbi dbi) {
  // If the transaction has changed the database, the record does not say so yet: what is known already counts.
  if (TXN_DBI_EXIST(txn, dbi, DB_USRVALID)) return MDB_SUCCESS;
  MDB_cursor cursor;
  MDB_db db;
  int rc = find_record(txn, &txn->mt_dbxs[dbi].md_name, &cursor, &db);
  if (rc != MDB_SUCCESS) return rc;
  int writes = !F_ISSET(txn->mt_flags, MDB_TXN_RDONLY);
  for (; txn->mt_numdbs <= dbi; txn->mt_numdbs++) {
    txn->mt_dbflags[txn->mt_numdbs] = 0;
    if (writes) txn->mt_cursors[txn->mt_numdbs] = NULL;
  }
  txn->mt_dbs[dbi] = db;
  txn->mt_dbflags[dbi] = DB_VALID | DB_USRVALID;
  // LMDB checks that the two are equal. A read transaction uses the environment's number itself.
  if (writes) txn->mt_dbiseqs[dbi] = txn->mt_env->me_dbiseqs[dbi];
  return MDB_SUCCESS;
}

int leasehold_make_collection(MDB_txn *txn, const char *name, unsigned flags) {
  if (txn->mt_dbs[MAIN_DBI].md_flags & (MDB_DUPSORT | MDB_INTEGERKEY)) return MDB_INCOMPATIBLE;
  MDB_val key = {strlen(name), (void *)name};
  MDB_cursor cursor;
  MDB_db db;
  int rc = find_record(txn, &key, &cursor, &db);
  if (rc != MDB_NOTFOUND) return rc == MDB_SUCCESS ? MDB_KEYEXIST : rc;
  memset(&db, 0, sizeof(db));
  db.md_root = P_INVALID;
  db.md_flags = flags & PERSISTENT_FLAGS;
  MDB_val record = {sizeof(db), &db};
  WITH_CURSOR_TRACKING(cursor, rc = mdb_cursor_put(&cursor, &key, &record, F_SUBDATA));
  return rc;
}

int leasehold_add_flags(MDB_txn *txn, MDB_dbi dbi, unsigned flags) {
  MDB_val key = txn->mt_dbxs[dbi].md_name;
  MDB_db db = txn->mt_dbs[dbi];
  db.md_flags |= flags & PERSISTENT_FLAGS;
  MDB_val record = {sizeof(db), &db};
  MDB_cursor cursor;
  mdb_cursor_init(&cursor, txn, MAIN_DBI, NULL);
  int rc;
  WITH_CURSOR_TRACKING(cursor, rc = mdb_cursor_put(&cursor, &key, &record, F_SUBDATA));
  if (rc == MDB_SUCCESS) txn->mt_dbflags[dbi] = DB_STALE;  // see leasehold_drop
  return rc;
}

int leasehold_drop(MDB_txn *txn, MDB_dbi dbi) {
  int rc = mdb_drop(txn, dbi, 0);
  if (rc != MDB_SUCCESS) return rc;
  rc = mdb_del0(txn, MAIN_DBI, &txn->mt_dbxs[dbi].md_name, NULL, F_SUBDATA);
  if (rc == MDB_SUCCESS) {
    // Not dirty, or the commit would write the record again; and not usable before the handle is looked up again.
    txn->mt_dbflags[dbi] = DB_STALE;
  } else {
    txn->mt_flags |= MDB_TXN_ERROR;
  }
  return rc;
}
