// A part of lmdb_access.c: pages of databases whose keys can have several values (MDB_DUPSORT). The values of one key
// are the keys of a database of their own, or of a page inside the node.
#include "core/lmdb/lmdb_pages.h"

// Where the value of a pair lies; nowhere with keys_only.
static MDB_val pair_value(const leasehold_windows *windows, const void *data, size_t size) {
  return windows->keys_only ? (MDB_val){0, (void *)windows->values} : (MDB_val){size, (void *)data};
}

// The cursor of the values of the key that `cursor` stands on, if the key has several and that cursor stands on one.
static MDB_cursor *values_cursor(MDB_cursor *cursor) {
  MDB_cursor *values = &cursor->mc_xcursor->mx_cursor;
  if (!(values->mc_flags & C_INITIALIZED)) return NULL;
  MDB_page *page = values->mc_pg[values->mc_top];
  return IS_LEAF(page) && values->mc_ki[values->mc_top] < NUMKEYS(page) ? values : NULL;
}

// Describes values of the key that the cursor stands on: those that lie on one page. They have no header each if all
// have one size (MDB_DUPFIXED).
static unsigned duplicate_rows(MDB_cursor *cursor, MDB_node *node, int reverse, const leasehold_windows *windows,
                               leasehold_row *rows, unsigned max, int any, size_t *budget) {
  MDB_cursor *values = values_cursor(cursor);
  if (values == NULL) return 0;
  MDB_page *page = values->mc_pg[values->mc_top];
  unsigned index = values->mc_ki[values->mc_top];
  unsigned left = entries_left(page, index, reverse, windows->distinct ? 1 : max);
  size_t fixed = IS_LEAF2(page) ? values->mc_db->md_pad : 0;
  unsigned count = 0;
  for (; count < left; count++) {
    unsigned at = walked_to(index, count, reverse);
    MDB_node *data = fixed > 0 ? NULL : NODEPTR(page, at);
    MDB_val value = fixed > 0 ? pair_value(windows, LEAF2KEY(page, at, fixed), fixed)
                              : pair_value(windows, NODEKEY(data), data->mn_ksize);
    if (!describe(windows, NODEKEY(node), node->mn_ksize, value.mv_data, value.mv_size, rows + count, any && count == 0,
                  budget))
      break;
  }
  if (count > 0) values->mc_ki[values->mc_top] = walked_to(index, count - 1, reverse);
  if (count < left) *budget = 0;
  return count;
}

// leasehold_leaf_rows where keys can have several values: those of one key, or those of keys that have one each. If
// only keys are wanted, once each, all keys of the page.
static unsigned pair_rows(MDB_cursor *cursor, int reverse, const leasehold_windows *windows, leasehold_row *rows,
                          unsigned max, int any, size_t *budget) {
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  unsigned index = cursor->mc_ki[cursor->mc_top];
  MDB_node *node = NODEPTR(page, index);
  const int any_key = windows->distinct && windows->keys_only;
  if (!any_key && F_ISSET(node->mn_flags, F_DUPDATA)) {
    return duplicate_rows(cursor, node, reverse, windows, rows, max, any, budget);
  }
  unsigned left = entries_left(page, index, reverse, max);
  unsigned count = 0;
  for (; count < left; count++) {
    node = NODEPTR(page, walked_to(index, count, reverse));
    if (!any_key && F_ISSET(node->mn_flags, F_DUPDATA)) break;
    // A value is too short here for a page of its own.
    MDB_val value = pair_value(windows, NODEDATA(node), NODEDSZ(node));
    if (!describe(windows, NODEKEY(node), node->mn_ksize, value.mv_data, value.mv_size, rows + count, any && count == 0,
                  budget)) {
      *budget = 0;
      break;
    }
  }
  if (count > 0) cursor->mc_ki[cursor->mc_top] = walked_to(index, count - 1, reverse);
  return count;
}

// The same, and the page on which the value lies, if the cursor stands on a key that has several.
static MDB_cursor *several_values(MDB_cursor *cursor, MDB_page **page) {
  if (cursor->mc_xcursor == NULL || !on_leaf(cursor)) return NULL;
  MDB_node *node = NODEPTR(cursor->mc_pg[cursor->mc_top], cursor->mc_ki[cursor->mc_top]);
  MDB_cursor *values = F_ISSET(node->mn_flags, F_DUPDATA) ? values_cursor(cursor) : NULL;
  if (values != NULL) *page = values->mc_pg[values->mc_top];
  return values;
}

// How many values the key of a node has.
static size_t values_of(MDB_node *node) {
  if (!F_ISSET(node->mn_flags, F_DUPDATA)) return 1;
  if (!F_ISSET(node->mn_flags, F_SUBDATA)) return NUMKEYS((MDB_page *)NODEDATA(node));
  MDB_db values;
  memcpy(&values, NODEDATA(node), sizeof(values));
  return values.md_entries;
}

size_t leasehold_values_skip(MDB_cursor *cursor, int reverse, size_t max) {
  MDB_page *page;
  MDB_cursor *values = several_values(cursor, &page);
  if (values == NULL) return 0;
  unsigned index = values->mc_ki[values->mc_top];
  unsigned count = entries_left(page, index, reverse, max < UINT16_MAX ? (unsigned)max : UINT16_MAX);
  if (count > 0) values->mc_ki[values->mc_top] = walked_to(index, count - 1, reverse);
  return count;
}

int leasehold_values_last(MDB_cursor *cursor, MDB_val *value) {
  MDB_page *page;
  MDB_cursor *values = several_values(cursor, &page);
  if (values == NULL) return 0;
  unsigned last = NUMKEYS(page) - 1;
  MDB_node *node = IS_LEAF2(page) ? NULL : NODEPTR(page, last);
  size_t fixed = values->mc_db->md_pad;
  *value = node == NULL ? (MDB_val){fixed, LEAF2KEY(page, last, fixed)} : (MDB_val){node->mn_ksize, NODEKEY(node)};
  return 1;
}
