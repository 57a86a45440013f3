// A part of lmdb_access.c, which includes it behind mdb.c: pages of databases whose keys can have several values
// (MDB_DUPSORT). Those of one key are the keys of a database of their own, or of a page inside the node.

// Whether the cursor stands on an entry of an ordinary leaf page.
static int on_leaf(MDB_cursor *cursor) {
  if (!(cursor->mc_flags & C_INITIALIZED)) return 0;
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  return IS_LEAF(page) && !IS_LEAF2(page) && cursor->mc_ki[cursor->mc_top] < NUMKEYS(page);
}

// Describes one entry of a collection with duplicates; 0 if it lies outside of the windows or is beyond the budget.
static int describe_pair(const leasehold_windows *windows, const void *key, size_t key_length, const void *value,
                         size_t value_length, leasehold_row *row, int any, size_t *budget) {
  if (windows->keys_only) {
    value = windows->values;
    value_length = 0;
  }
  size_t key_offset = (size_t)((const uint8_t *)key - windows->keys);
  size_t value_offset = (size_t)((const uint8_t *)value - windows->values);
  if (key_offset > windows->key_extent || key_length > windows->key_extent - key_offset ||
      value_offset > windows->value_extent || value_length > windows->value_extent - value_offset)
    return 0;
  size_t bytes = key_length + value_length;
  if (bytes > *budget && !any) return 0;
  *budget -= bytes < *budget ? bytes : *budget;
  row->key_offset = (uint32_t)key_offset;
  row->key_length = (uint32_t)key_length;
  row->value_offset = (uint32_t)value_offset;
  row->value_length = (uint32_t)value_length;
  return 1;
}

// Describes values of the key that the cursor stands on: those that lie on one page. They have no header each if all
// have one size (MDB_DUPFIXED).
static unsigned duplicate_rows(MDB_cursor *cursor, MDB_node *node, int reverse, const leasehold_windows *windows,
                               leasehold_row *rows, unsigned max, int any, size_t *budget) {
  MDB_cursor *values = &cursor->mc_xcursor->mx_cursor;
  if (!(values->mc_flags & C_INITIALIZED)) return 0;
  MDB_page *page = values->mc_pg[values->mc_top];
  unsigned index = values->mc_ki[values->mc_top];
  if (!IS_LEAF(page) || index >= NUMKEYS(page)) return 0;
  unsigned left = reverse ? index + 1 : NUMKEYS(page) - index;
  if (left > max) left = max;
  size_t fixed = IS_LEAF2(page) ? values->mc_db->md_pad : 0;
  unsigned count = 0;
  for (; count < left; count++) {
    unsigned at = reverse ? index - count : index + count;
    MDB_node *value = fixed > 0 ? NULL : NODEPTR(page, at);
    const char *data = fixed > 0 ? LEAF2KEY(page, at, fixed) : (const char *)NODEKEY(value);
    if (!describe_pair(windows, NODEKEY(node), node->mn_ksize, data, fixed > 0 ? fixed : value->mn_ksize, rows + count,
                       any && count == 0, budget))
      break;
  }
  if (count > 0) values->mc_ki[values->mc_top] = reverse ? index - (count - 1) : index + (count - 1);
  if (count < left) *budget = 0;
  return count;
}

// leasehold_leaf_rows where keys can have several values: those of one key, or a run of keys that have one each.
static unsigned pair_rows(MDB_cursor *cursor, int reverse, const leasehold_windows *windows, leasehold_row *rows,
                          unsigned max, int any, size_t *budget) {
  if (!on_leaf(cursor)) return 0;
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  unsigned index = cursor->mc_ki[cursor->mc_top];
  MDB_node *node = NODEPTR(page, index);
  if (F_ISSET(node->mn_flags, F_DUPDATA)) {
    return duplicate_rows(cursor, node, reverse, windows, rows, max, any, budget);
  }
  unsigned left = reverse ? index + 1 : NUMKEYS(page) - index;
  if (left > max) left = max;
  unsigned count = 0;
  for (; count < left; count++) {
    node = NODEPTR(page, reverse ? index - count : index + count);
    if (F_ISSET(node->mn_flags, F_DUPDATA)) break;
    // A value is too short here for a page of its own.
    if (!describe_pair(windows, NODEKEY(node), node->mn_ksize, NODEDATA(node), NODEDSZ(node), rows + count,
                       any && count == 0, budget)) {
      *budget = 0;
      break;
    }
  }
  if (count > 0) cursor->mc_ki[cursor->mc_top] = reverse ? index - (count - 1) : index + (count - 1);
  return count;
}

// How many values the key of a node has.
static size_t values_of(MDB_node *node) {
  if (!F_ISSET(node->mn_flags, F_DUPDATA)) return 1;
  if (!F_ISSET(node->mn_flags, F_SUBDATA)) return NUMKEYS((MDB_page *)NODEDATA(node));
  MDB_db values;
  memcpy(&values, NODEDATA(node), sizeof(values));
  return values.md_entries;
}
