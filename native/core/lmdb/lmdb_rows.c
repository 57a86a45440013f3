// A part of lmdb_access.c, which includes it after lmdb_pairs.c: batches of entries.
#include "core/lmdb/lmdb_rows.h"

#include "core/keys/reveal_key.h"
#include "core/lmdb/lmdb_pages.h"

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
  for (unsigned i = 0; i < PREFETCHED && i < count; i++)
    __builtin_prefetch(NODEPTR(page, walked_to(first, i, reverse)));
}

// Where the value of a node lies; nowhere with keys_only. Returns an LMDB code.
static inline int find_value(MDB_cursor *cursor, MDB_node *node, const leasehold_windows *windows, MDB_val *value) {
  if (windows->keys_only) {
    *value = (MDB_val){0, (void *)windows->values};
    return MDB_SUCCESS;
  }
  if (F_ISSET(node->mn_flags, F_BIGDATA)) return mdb_node_read(cursor, node, value);
  *value = (MDB_val){NODEDSZ(node), NODEDATA(node)};
  __builtin_prefetch(value->mv_data);
  return MDB_SUCCESS;
}

// leasehold_leaf_rows where keys have one value each. Three quarters of the time here would go into the first load of
// each node's header. So nodes are fetched into the cache ahead; of the next page, where its nodes are while this one
// is walked, and the nodes themselves at the end.
static unsigned plain_rows(MDB_cursor *cursor, int reverse, const leasehold_windows *windows, leasehold_row *rows,
                           unsigned max, int any, size_t *budget) {
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  unsigned index = cursor->mc_ki[cursor->mc_top];
  unsigned left = entries_left(page, index, reverse, max);
  prefetch_nodes(page, index, left, reverse);
  MDB_page *next = next_leaf(cursor, reverse);
  if (next) {
    __builtin_prefetch(next);
    __builtin_prefetch((const char *)next + 64);
  }
  size_t remaining = *budget;
  unsigned count = 0;
  for (; count < left; count++) {
    MDB_node *node = NODEPTR(page, walked_to(index, count, reverse));
    if (count + PREFETCHED < left) __builtin_prefetch(NODEPTR(page, walked_to(index, count + PREFETCHED, reverse)));
    MDB_val value;
    if (find_value(cursor, node, windows, &value) != MDB_SUCCESS ||
        !describe(windows, NODEKEY(node), node->mn_ksize, value.mv_data, value.mv_size, rows + count, any && count == 0,
                  &remaining))
      break;
  }
  if (count > 0) cursor->mc_ki[cursor->mc_top] = walked_to(index, count - 1, reverse);
  if (count == left && next && IS_LEAF(next) && NUMKEYS(next) > 0) {
    prefetch_nodes(next, reverse ? NUMKEYS(next) - 1 : 0, NUMKEYS(next), reverse);
  }
  *budget = count < left ? 0 : remaining;
  return count;
}

static int in_window(const uint8_t *window, size_t extent, const MDB_val *bytes) {
  size_t offset = (size_t)((const uint8_t *)bytes->mv_data - window);
  return offset <= extent && bytes->mv_size <= extent - offset;
}

// Describes the entry of a node whose key may be another one than is stored, as `describe` does.
static int describe_any(MDB_cursor *cursor, MDB_node *node, const leasehold_windows *windows, leasehold_row *row,
                        int any, size_t *budget) {
  MDB_val key = {node->mn_ksize, NODEKEY(node)}, value = {0, (void *)windows->values};
  const int is_long = key.mv_size == LEASEHOLD_LONG_KEY_BYTES;
  if (!in_window(windows->keys, windows->key_extent, &key)) return 0;
  if ((is_long || !windows->keys_only) && mdb_node_read(cursor, node, &value) != MDB_SUCCESS) return 0;
  if (is_long && !in_window(windows->values, windows->value_extent, &value)) return 0;
  if (!leasehold_reveal_key(&key, &value)) return 0;
  if (windows->keys_only) value = (MDB_val){0, (void *)windows->values};
  return describe(windows, key.mv_data, key.mv_size, value.mv_data, value.mv_size, row, any, budget);
}

// leasehold_leaf_rows where keys can have any length.
static unsigned any_rows(MDB_cursor *cursor, int reverse, const leasehold_windows *windows, leasehold_row *rows,
                         unsigned max, int any, size_t *budget) {
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  unsigned index = cursor->mc_ki[cursor->mc_top];
  unsigned left = entries_left(page, index, reverse, max);
  size_t remaining = *budget;
  unsigned count = 0;
  for (; count < left; count++) {
    MDB_node *node = NODEPTR(page, walked_to(index, count, reverse));
    if (!describe_any(cursor, node, windows, rows + count, any && count == 0, &remaining)) break;
  }
  if (count > 0) cursor->mc_ki[cursor->mc_top] = walked_to(index, count - 1, reverse);
  *budget = count < left ? 0 : remaining;
  return count;
}

unsigned leasehold_leaf_rows(MDB_cursor *cursor, int reverse, const leasehold_windows *windows, leasehold_row *rows,
                             unsigned max, int any, size_t *budget) {
  if (!on_leaf(cursor)) return 0;
  if (windows->any_keys) return any_rows(cursor, reverse, windows, rows, max, any, budget);
  if (cursor->mc_xcursor == NULL) return plain_rows(cursor, reverse, windows, rows, max, any, budget);
  return pair_rows(cursor, reverse, windows, rows, max, any, budget);
}

const uint8_t *leasehold_leaf_ahead(MDB_cursor *cursor, int reverse) {
  return on_leaf(cursor) ? (const uint8_t *)next_leaf(cursor, reverse) : NULL;
}

static int key_at(MDB_cursor *cursor, unsigned index, MDB_val *key) {
  MDB_node *node = NODEPTR(cursor->mc_pg[cursor->mc_top], index);
  key->mv_size = node->mn_ksize;
  key->mv_data = NODEKEY(node);
  return 1;
}

int leasehold_leaf_key(MDB_cursor *cursor, MDB_val *key) {
  return on_leaf(cursor) && key_at(cursor, cursor->mc_ki[cursor->mc_top], key);
}

int leasehold_leaf_last(MDB_cursor *cursor, MDB_val *last_key) {
  return on_leaf(cursor) && key_at(cursor, NUMKEYS(cursor->mc_pg[cursor->mc_top]) - 1, last_key);
}

size_t leasehold_leaf_skip(MDB_cursor *cursor, int reverse, int distinct, size_t max) {
  if (!on_leaf(cursor)) return 0;
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  unsigned index = cursor->mc_ki[cursor->mc_top];
  unsigned left = entries_left(page, index, reverse, max < UINT16_MAX ? (unsigned)max : UINT16_MAX);
  size_t count = left;
  unsigned keys = left;
  if (!distinct && cursor->mc_xcursor != NULL) {
    count = 0;
    for (keys = 0; keys < left; keys++) {
      size_t values = values_of(NODEPTR(page, walked_to(index, keys, reverse)));
      if (values > max - count) break;
      count += values;
    }
  }
  if (count > 0) cursor->mc_ki[cursor->mc_top] = walked_to(index, keys - 1, reverse);
  return count;
}
