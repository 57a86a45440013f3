// A part of lmdb_access.c: how a pair is put where keys have one value each.
#include "core/lmdb/lmdb_put.h"

#include "core/lmdb/lmdb_map.h"
#include "core/lmdb/lmdb_pages.h"

// Replaces LMDB's mdb_mid2l_search, by which a write transaction looks up each page that it goes through among those
// that it has changed: a binary search of memory that is seldom in the cache.
//
// Gives the place of the page `number` in a list that is sorted by page numbers, or the place of the first page beyond
// it. No number is there twice, so each end of the list limits how far away the place can be. Where pages were
// allocated one after the other, both limits are the place itself, and nothing is searched.
unsigned leasehold_find_dirty(MDB_ID2L list, MDB_ID number) {
  const MDB_ID count = list[0].mid;
  if (count == 0 || number <= list[1].mid) return 1;
  if (number > list[count].mid) return (unsigned)count + 1;
  const MDB_ID from_first = number - list[1].mid, from_last = list[count].mid - number;
  MDB_ID low = from_last < count - 1 ? count - from_last : 1;
  MDB_ID high = from_first < count - 1 ? 1 + from_first : count;
  while (low < high) {
    const MDB_ID middle = low + (high - low) / 2;
    if (list[middle].mid < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return (unsigned)low;
}

// Whether the leaf page that a cursor stands on is the last of its tree.
static int on_last_leaf(MDB_cursor *cursor) {
  for (unsigned level = 0; level < cursor->mc_top; level++) {
    if (cursor->mc_ki[level] + 1u < NUMKEYS(cursor->mc_pg[level])) return 0;
  }
  return 1;
}

// Whether a key belongs on the leaf page that a cursor stands on. `*last` if the key comes after all others of the
// tree.
static inline __attribute__((always_inline)) int belongs_here(MDB_cursor *cursor, const MDB_val *key, int *last) {
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  MDB_node *node = NODEPTR(page, NUMKEYS(page) - 1);
  if (compare_keys(key->mv_data, key->mv_size, NODEKEY(node), NODEKSZ(node)) > 0) return *last = on_last_leaf(cursor);
  node = NODEPTR(page, 0);
  return compare_keys(key->mv_data, key->mv_size, NODEKEY(node), NODEKSZ(node)) >= 0;
}

// Moves a cursor to the leaf page where a key belongs, as mdb_page_search does, but fetches nodes into the cache before
// they are compared. mdb_cursor_put then finds the cursor in its place.
static int aim(MDB_cursor *cursor, const MDB_val *key) {
  MDB_txn *txn = cursor->mc_txn;
  pgno_t number = cursor->mc_db->md_root;
  // If not, LMDB has to read the root first, or to say what is wrong.
  if ((txn->mt_flags & MDB_TXN_BLOCKED) || (*cursor->mc_dbflag & DB_STALE) || number == P_INVALID) return MDB_SUCCESS;
  cursor->mc_flags &= ~(C_INITIALIZED | C_EOF);
  for (unsigned depth = 0; depth < CURSOR_STACK; depth++) {
    MDB_page *page;
    int rc = mdb_page_get(cursor, number, &page, NULL);
    if (rc != MDB_SUCCESS) return rc;
    const int branch = IS_BRANCH(page);
    if (!branch && !IS_LEAF(page)) break;
    MDB_node *found;
    unsigned behind = find_node(page, branch, key, &found);
    cursor->mc_pg[depth] = page;
    cursor->mc_top = depth;
    cursor->mc_snum = depth + 1;
    cursor->mc_ki[depth] = behind > 0 ? behind - 1 : 0;
    if (!branch) {
      cursor->mc_flags |= C_INITIALIZED;
      return MDB_SUCCESS;
    }
    number = NODEPGNO(NODEPTR(page, behind - 1));
  }
  cursor->mc_pg[0] = NULL;
  return MDB_SUCCESS;
}

int leasehold_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value, unsigned flags) {
  if (cursor->mc_xcursor == NULL && cursor->mc_dbx->md_cmp == mdb_cmp_memn && key->mv_size > 0) {
    int last = 0;
    if (!on_plain_leaf(cursor) || !belongs_here(cursor, key, &last)) {
      int rc = aim(cursor, key);
      if (rc != MDB_SUCCESS) return rc;
    } else if (last && SIZELEFT(cursor->mc_pg[cursor->mc_top]) < mdb_leaf_size(cursor->mc_txn->mt_env, key, value)) {
      flags |= MDB_APPEND;
    }
  }
  return mdb_cursor_put(cursor, key, value, flags);
}

int leasehold_find(MDB_cursor *cursor, MDB_val *key, MDB_val *value) {
  int rc = MDB_SUCCESS;
  int last = 0;
  if (cursor->mc_xcursor == NULL && cursor->mc_dbx->md_cmp == mdb_cmp_memn && key->mv_size > 0) {
    if (!on_plain_leaf(cursor) || !belongs_here(cursor, key, &last)) {
      rc = aim(cursor, key);
    } else if (last) {
      return MDB_NOTFOUND;
    }
    if (rc == MDB_SUCCESS && on_plain_leaf(cursor)) {
      MDB_node *found = NULL;
      unsigned behind = find_node(cursor->mc_pg[cursor->mc_top], 0, key, &found);
      if (found == NULL) return MDB_NOTFOUND;
      cursor->mc_ki[cursor->mc_top] = behind - 1;
      rc = mdb_node_read(cursor, found, value);
      return rc == MDB_SUCCESS ? leasehold_check_bytes(cursor->mc_txn, value) : rc;
    }
  }
  if (rc == MDB_SUCCESS) rc = mdb_cursor_get(cursor, key, value, MDB_SET);
  return rc == MDB_SUCCESS ? leasehold_check_bytes(cursor->mc_txn, value) : rc;
}
