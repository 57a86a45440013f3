// Before the first header: LMDB needs what only this gives (locks of open file descriptions).
#define _GNU_SOURCE 1
#include "core/lmdb/lmdb_access.h"

#include "core/lmdb/lmdb_locks.c"

// LMDB's search of the list of changed pages: see lmdb_put.c.
#define mdb_mid2l_search leasehold_find_dirty
#include <mdb.c>
#undef mdb_mid2l_search

#include "core/lmdb/lmdb_files.c"
#include "core/lmdb/lmdb_pairs.c"
#include "core/lmdb/lmdb_synced.c"

int leasehold_begin_write(MDB_env *env, leasehold_wait *wait, MDB_txn **txn) {
  next_wait = wait;
  int rc = mdb_txn_begin(env, NULL, 0, txn);
  next_wait = NULL;
  return rc;
}

int leasehold_lock_owner(MDB_env *env) {
#if defined(__GLIBC__) && defined(MDB_USE_POSIX_MUTEX)
  return env->me_txns == NULL ? 0 : env->me_wmutex->__data.__owner;
#else
  return 0;
#endif
}

const uint8_t *leasehold_map_base(MDB_env *env) { return (const uint8_t *)env->me_map; }

int leasehold_set_mapsize(MDB_env *env, size_t size) {
  size_t wanted = size == 0 ? mdb_env_pick_meta(env)->mm_mapsize : size;
  // LMDB unmaps before it maps, so it is tried first whether there is address space for it.
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

// Whether the cursor stands on an entry of an ordinary leaf page, of a database whose keys have one value each.
static int on_plain_leaf(MDB_cursor *cursor) { return cursor->mc_xcursor == NULL && on_leaf(cursor); }

// The leaf page that comes next, if it has the same parent (and is inside of the file), else null.
static MDB_page *next_leaf(MDB_cursor *cursor, int reverse) {
  if (cursor->mc_top == 0) return NULL;
  MDB_page *parent = cursor->mc_pg[cursor->mc_top - 1];
  unsigned index = cursor->mc_ki[cursor->mc_top - 1];
  if (reverse ? index == 0 : index + 1u >= NUMKEYS(parent)) return NULL;
  MDB_env *env = cursor->mc_txn->mt_env;
  pgno_t number = NODEPGNO(NODEPTR(parent, reverse ? index - 1 : index + 1));
  return number < cursor->mc_txn->mt_next_pgno ? (MDB_page *)(env->me_map + (size_t)env->me_psize * number) : NULL;
}

// How many nodes ahead are fetched into the cache.
#define PREFETCHED 12

// Fetches the headers of a leaf page's first nodes in the order of walking.
static void prefetch_nodes(MDB_page *page, unsigned first, unsigned count, int reverse) {
  for (unsigned i = 0; i < PREFETCHED && i < count; i++) {
    __builtin_prefetch(NODEPTR(page, reverse ? first - i : first + i));
  }
}

unsigned leasehold_leaf_rows(MDB_cursor *cursor, int reverse, const leasehold_windows *windows, leasehold_row *rows,
                             unsigned max, int any, size_t *budget) {
  if (!on_plain_leaf(cursor)) {
    if (cursor->mc_xcursor == NULL) return 0;
    return pair_rows(cursor, reverse, windows, rows, max, any, budget);
  }
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  unsigned index = cursor->mc_ki[cursor->mc_top];
  unsigned left = reverse ? index + 1 : NUMKEYS(page) - index;
  if (left > max) left = max;
  unsigned count = 0;
  size_t remaining = *budget;
  // Three quarters of the time here would go into the first load of each node's header. The next page is fetched in two
  // steps: where its nodes are while this one is walked, and they themselves at its end.
  prefetch_nodes(page, index, left, reverse);
  MDB_page *next = next_leaf(cursor, reverse);
  if (next) {
    __builtin_prefetch(next);
    __builtin_prefetch((const char *)next + 64);
  }
  for (; count < left; count++) {
    MDB_node *node = NODEPTR(page, reverse ? index - count : index + count);
    if (count + PREFETCHED < left) {
      __builtin_prefetch(NODEPTR(page, reverse ? index - count - PREFETCHED : index + count + PREFETCHED));
    }
    MDB_val value;
    if (windows->keys_only) {
      value.mv_data = (void *)windows->values;
      value.mv_size = 0;
    } else if (F_ISSET(node->mn_flags, F_BIGDATA)) {
      if (mdb_node_read(cursor, node, &value) != MDB_SUCCESS) break;
    } else {
      value.mv_data = NODEDATA(node);
      value.mv_size = NODEDSZ(node);
      __builtin_prefetch(value.mv_data);
    }
    size_t key_length = node->mn_ksize;
    size_t key_offset = (size_t)((const uint8_t *)NODEKEY(node) - windows->keys);
    size_t value_offset = (size_t)((const uint8_t *)value.mv_data - windows->values);
    if (key_offset > windows->key_extent || key_length > windows->key_extent - key_offset ||
        value_offset > windows->value_extent || value.mv_size > windows->value_extent - value_offset)
      break;
    size_t bytes = key_length + value.mv_size;
    if (bytes > remaining) {
      if (count > 0 || !any) break;
      bytes = remaining;
    }
    remaining -= bytes;
    rows[count].key_offset = (uint32_t)key_offset;
    rows[count].key_length = (uint32_t)key_length;
    rows[count].value_offset = (uint32_t)value_offset;
    rows[count].value_length = (uint32_t)value.mv_size;
  }
  if (count > 0) cursor->mc_ki[cursor->mc_top] = reverse ? index - (count - 1) : index + (count - 1);
  if (count == left && next && IS_LEAF(next) && NUMKEYS(next) > 0) {
    prefetch_nodes(next, reverse ? NUMKEYS(next) - 1 : 0, NUMKEYS(next), reverse);
  }
  *budget = count < left ? 0 : remaining;
  return count;
}

// The order of mdb_cmp_memn, eight bytes at a time.
static inline int compare_keys(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size) {
  size_t common = a_size < b_size ? a_size : b_size;
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= common; i += sizeof(uint64_t)) {
    uint64_t x, y;
    memcpy(&x, a + i, sizeof(x));
    memcpy(&y, b + i, sizeof(y));
    if (x == y) continue;
#if BYTE_ORDER == LITTLE_ENDIAN
    x = __builtin_bswap64(x);
    y = __builtin_bswap64(y);
#endif
    return x < y ? -1 : 1;
  }
  int order = i < common ? memcmp(a + i, b + i, common - i) : 0;
  return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

size_t leasehold_used_bytes(MDB_txn *txn) {
  size_t used = (size_t)txn->mt_next_pgno * txn->mt_env->me_psize;
  return used < txn->mt_env->me_mapsize ? used : txn->mt_env->me_mapsize;
}

// Where a key belongs on a page: behind how many of its nodes. The first key of a branch page stands for everything
// below the second. `*found` if a node has that very key.
static inline unsigned find_node(MDB_page *page, int branch, const MDB_val *key, MDB_node **found) {
  unsigned low = branch, high = NUMKEYS(page);
  // Branches are in the cache, leaves seldom: what the first three steps can ask for is fetched at once.
  for (unsigned eighth = 1; !branch && eighth < 8; eighth++) {
    __builtin_prefetch(NODEPTR(page, high * eighth / 8));
  }
  while (low < high) {
    unsigned middle = (low + high) / 2;
    MDB_node *node = NODEPTR(page, middle);
    // Whichever way it goes, the next node is on its way while this one is compared.
    __builtin_prefetch(NODEPTR(page, (low + middle) / 2));
    __builtin_prefetch(NODEPTR(page, (middle + 1 + high) / 2));
    int order = compare_keys(key->mv_data, key->mv_size, NODEKEY(node), NODEKSZ(node));
    if (order == 0) {
      *found = node;
      return middle + 1;
    }
    if (order > 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

int leasehold_check_bytes(MDB_txn *txn, const MDB_val *bytes) {
  size_t at = (size_t)((const char *)bytes->mv_data - txn->mt_env->me_map);
  size_t used = leasehold_used_bytes(txn);
  if (at <= used && bytes->mv_size <= used - at) return MDB_SUCCESS;
  // What a write transaction has changed stands on pages of its own.
  return at >= txn->mt_env->me_mapsize && !F_ISSET(txn->mt_flags, MDB_TXN_RDONLY) ? MDB_SUCCESS : MDB_CORRUPTED;
}

// mdb_get, which takes the size of a value as it stands there.
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
  // A page that is none, or lies beyond the end: LMDB says what that is.
  return checked_get(txn, dbi, key, value);
}

#include "core/lmdb/lmdb_put.c"

int leasehold_leaf_last(MDB_cursor *cursor, MDB_val *last_key) {
  if (!on_leaf(cursor)) return 0;
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  MDB_node *node = NODEPTR(page, NUMKEYS(page) - 1);
  last_key->mv_size = node->mn_ksize;
  last_key->mv_data = NODEKEY(node);
  return 1;
}

size_t leasehold_leaf_skip(MDB_cursor *cursor) {
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  unsigned index = cursor->mc_ki[cursor->mc_top];
  unsigned end = NUMKEYS(page);
  cursor->mc_ki[cursor->mc_top] = end - 1;
  if (cursor->mc_xcursor == NULL) return end - index;
  size_t count = 0;
  for (; index < end; index++) count += values_of(NODEPTR(page, index));
  return count;
}

int leasehold_is_collection(MDB_cursor *cursor) {
  if (!on_plain_leaf(cursor)) return 0;
  MDB_node *node = NODEPTR(cursor->mc_pg[cursor->mc_top], cursor->mc_ki[cursor->mc_top]);
  return (node->mn_flags & (F_DUPDATA | F_SUBDATA)) == F_SUBDATA;
}

#include "core/lmdb/lmdb_handles.c"

// Fills one of the pages that a file begins with, as LMDB fills them for an empty database.
static MDB_meta *fill_meta(MDB_env *env, void *pages, pgno_t number) {
  MDB_page *page = (MDB_page *)((char *)pages + number * env->me_psize);
  page->mp_pgno = number;
  page->mp_flags = P_META;
  mdb_env_init_meta0(env, METADATA(page));
  return METADATA(page);
}

size_t leasehold_new_metas_size(MDB_env *env) {
  // mdb_env_open takes the size from the file.
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

size_t leasehold_extent(MDB_txn *txn) { return txn->mt_next_pgno * (size_t)txn->mt_env->me_psize; }

unsigned leasehold_list_readers(MDB_env *env, leasehold_reader *readers, unsigned max) {
  if (env->me_txns == NULL) return 0;
  unsigned slots = env->me_txns->mti_numreaders;
  unsigned count = 0;
  for (unsigned i = 0; i < slots && count < max; i++) {
    MDB_reader *slot = &env->me_txns->mti_readers[i];
    // Another process may give it up between the look and the copy.
    // Numbers beyond all process ids stand for processes of other namespaces: see native/lmdb/07-reader-number.patch.
    leasehold_reader reader = {slot->mr_pid & ((1 << MDB_PID_BITS) - 1), (uintptr_t)slot->mr_tid, slot->mr_txnid};
    if (reader.pid != 0) readers[count++] = reader;
  }
  return count;
}

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
