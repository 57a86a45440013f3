// A part of lmdb_access.c: finding a key.
#include "core/lmdb/lmdb_get.h"

#include "core/lmdb/lmdb_map.h"
#include "core/lmdb/lmdb_pages.h"

// mdb_get believes the size that stands before a value, so the value is checked.
static int checked_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value) {
  int rc = mdb_get(txn, dbi, key, value);
  return rc != MDB_SUCCESS ? rc : leasehold_check_bytes(txn, value);
}

int leasehold_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value) {
  MDB_env *env = txn->mt_env;
  if (!TXN_DBI_EXIST(txn, dbi, DB_USRVALID) || (txn->mt_dbflags[dbi] & DB_STALE) ||
      txn->mt_dbxs[dbi].md_cmp != mdb_cmp_memn || (txn->mt_dbs[dbi].md_flags & MDB_DUPSORT) ||
      (txn->mt_flags & (MDB_TXN_RDONLY | MDB_TXN_BLOCKED)) != MDB_TXN_RDONLY) {
    return checked_get(txn, dbi, key, value);
  }
  pgno_t number = txn->mt_dbs[dbi].md_root;
  if (number == P_INVALID) return MDB_NOTFOUND;
  for (unsigned depth = 0; depth < CURSOR_STACK && number < txn->mt_next_pgno; depth++) {
    MDB_page *page = (MDB_page *)(env->me_map + (size_t)env->me_psize * number);
    const int branch = IS_BRANCH(page);
    if (!branch && !IS_LEAF(page)) break;
    MDB_node *found = NULL;
    unsigned low = find_node(page, branch, key, &found);
    if (branch) {
      number = NODEPGNO(NODEPTR(page, low - 1));
      continue;
    }
    if (found == NULL) return MDB_NOTFOUND;
    value->mv_size = NODEDSZ(found);
    if (!F_ISSET(found->mn_flags, F_BIGDATA)) {
      value->mv_data = NODEDATA(found);
      return leasehold_check_bytes(txn, value);
    }
    memcpy(&number, NODEDATA(found), sizeof(number));
    if (number >= txn->mt_next_pgno) break;
    value->mv_data = METADATA(env->me_map + (size_t)env->me_psize * number);
    return leasehold_check_bytes(txn, value);
  }
  // The page is no page of a tree, or lies beyond the end: LMDB finds the error to return.
  return checked_get(txn, dbi, key, value);
}
