// A part of lmdb_access.c: the meta pages of new files.
#include "core/lmdb/lmdb_metas.h"

// Fills one of the pages that a file begins with, as LMDB does for an empty database.
static MDB_meta *fill_meta(MDB_env *env, void *pages, pgno_t number) {
  MDB_page *page = (MDB_page *)((char *)pages + number * env->me_psize);
  page->mp_pgno = number;
  page->mp_flags = P_META;
  mdb_env_init_meta0(env, METADATA(page));
  return METADATA(page);
}

size_t leasehold_new_metas_size(MDB_env *env) {
  // mdb_env_open will take the size from the file.
  env->me_psize = env->me_os_psize < MAX_PAGESIZE ? env->me_os_psize : MAX_PAGESIZE;
  return leasehold_metas_size(env);
}

void leasehold_fill_new_metas(MDB_env *env, void *pages) {
  memset(pages, 0, leasehold_metas_size(env));
  for (pgno_t number = 0; number < NUM_METAS; number++) fill_meta(env, pages, number);
}

size_t leasehold_metas_size(MDB_env *env) { return NUM_METAS * (size_t)env->me_psize; }

void leasehold_fill_metas(MDB_txn *txn, void *pages) {
  memset(pages, 0, leasehold_metas_size(txn->mt_env));
  for (pgno_t number = 0; number < NUM_METAS; number++) {
    MDB_meta *meta = fill_meta(txn->mt_env, pages, number);
    meta->mm_dbs[FREE_DBI] = txn->mt_dbs[FREE_DBI];
    meta->mm_dbs[MAIN_DBI] = txn->mt_dbs[MAIN_DBI];
    meta->mm_last_pg = txn->mt_next_pgno - 1;
    meta->mm_txnid = txn->mt_txnid;
  }
}
