// A part of lmdb_access.c: the map, and which of its bytes a transaction may read.
#include "core/lmdb/lmdb_map.h"

const uint8_t *leasehold_map_base(MDB_env *env) { return (const uint8_t *)env->me_map; }

int leasehold_set_mapsize(MDB_env *env, size_t size) {
  size_t wanted = size == 0 ? mdb_env_pick_meta(env)->mm_mapsize : size;
  // LMDB unmaps before it maps. So whether there is address space for the new map is tried first.
  void *probe = mmap(NULL, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe == MAP_FAILED) return ENOMEM;
  munmap(probe, wanted);
  size_t before = env->me_mapsize;
  int rc = mdb_env_set_mapsize(env, size);
  if (rc != MDB_SUCCESS && env->me_map == NULL) {
    env->me_mapsize = before;
    env->me_maxpg = before / env->me_psize;
    if (mdb_env_map(env, NULL) != MDB_SUCCESS) abort();
  }
  return rc;
}

size_t leasehold_used_bytes(MDB_txn *txn) {
  size_t used = (size_t)txn->mt_next_pgno * txn->mt_env->me_psize;
  return used < txn->mt_env->me_mapsize ? used : txn->mt_env->me_mapsize;
}

size_t leasehold_extent(MDB_txn *txn) { return txn->mt_next_pgno * (size_t)txn->mt_env->me_psize; }

int leasehold_check_bytes(MDB_txn *txn, const MDB_val *bytes) {
  size_t at = (size_t)((const char *)bytes->mv_data - txn->mt_env->me_map);
  size_t used = leasehold_used_bytes(txn);
  if (at <= used && bytes->mv_size <= used - at) return MDB_SUCCESS;
  // What a write transaction has changed stands in memory of its own, outside of the map.
  return at >= txn->mt_env->me_mapsize && !F_ISSET(txn->mt_flags, MDB_TXN_RDONLY) ? MDB_SUCCESS : MDB_CORRUPTED;
}

// Looks at every page of a tree, and of the trees below it.
static int check_tree(MDB_txn *txn, pgno_t number, size_t file_pages, unsigned depth) {
  if (number == P_INVALID) return MDB_SUCCESS;
  if (number >= file_pages || depth > CURSOR_STACK) return MDB_CORRUPTED;
  MDB_page *page = (MDB_page *)(txn->mt_env->me_map + (size_t)txn->mt_env->me_psize * number);
  if (IS_LEAF2(page)) return MDB_SUCCESS;
  if (!IS_LEAF(page) && !IS_BRANCH(page)) return MDB_CORRUPTED;
  for (unsigned i = 0; i < NUMKEYS(page); i++) {
    MDB_node *node = NODEPTR(page, i);
    int rc = MDB_SUCCESS;
    if (IS_BRANCH(page)) {
      rc = check_tree(txn, NODEPGNO(node), file_pages, depth + 1);
    } else if (F_ISSET(node->mn_flags, F_BIGDATA)) {
      pgno_t overflow;
      memcpy(&overflow, NODEDATA(node), sizeof(overflow));
      size_t pages = (PAGEHDRSZ + (size_t)NODEDSZ(node) + txn->mt_env->me_psize - 1) / txn->mt_env->me_psize;
      if (overflow >= file_pages || pages > file_pages - overflow) rc = MDB_CORRUPTED;
    } else if (F_ISSET(node->mn_flags, F_SUBDATA)) {
      MDB_db db;
      memcpy(&db, NODEDATA(node), sizeof(db));
      rc = check_tree(txn, db.md_root, file_pages, 0);
    }
    if (rc != MDB_SUCCESS) return rc;
  }
  return MDB_SUCCESS;
}

int leasehold_check_extent(MDB_txn *txn, size_t file_pages) {
  int rc = check_tree(txn, txn->mt_dbs[FREE_DBI].md_root, file_pages, 0);
  return rc != MDB_SUCCESS ? rc : check_tree(txn, txn->mt_dbs[MAIN_DBI].md_root, file_pages, 0);
}
