// Pages of LMDB's trees, for the parts of lmdb_access.c alone: which keys and entries they have.
#ifndef LEASEHOLD_CORE_LMDB_PAGES_H_
#define LEASEHOLD_CORE_LMDB_PAGES_H_

#include "core/lmdb/lmdb_rows.h"

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

// Where a key belongs on a page: gives how many of its nodes come before the place, a node with this very key included,
// which is `*found` then. The first key of a branch page stands for everything below the second.
static inline unsigned find_node(MDB_page *page, int branch, const MDB_val *key, MDB_node **found) {
  unsigned low = branch, high = NUMKEYS(page);
  // Branch pages are mostly in the cache, leaf pages seldom. So all nodes that the first three steps may compare are
  // fetched at once.
  for (unsigned eighth = 1; !branch && eighth < 8; eighth++) {
    __builtin_prefetch(NODEPTR(page, high * eighth / 8));
  }
  while (low < high) {
    unsigned middle = (low + high) / 2;
    MDB_node *node = NODEPTR(page, middle);
    // Both nodes that may come next are fetched while this one is compared.
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

// Whether the cursor stands on an entry of an ordinary leaf page.
static int on_leaf(MDB_cursor *cursor) {
  if (!(cursor->mc_flags & C_INITIALIZED)) return 0;
  MDB_page *page = cursor->mc_pg[cursor->mc_top];
  return IS_LEAF(page) && !IS_LEAF2(page) && cursor->mc_ki[cursor->mc_top] < NUMKEYS(page);
}

// The same where keys have one value each.
static int on_plain_leaf(MDB_cursor *cursor) { return cursor->mc_xcursor == NULL && on_leaf(cursor); }

// How many entries there are from the one at `index` on, in the order of walking; at most `max`.
static inline unsigned entries_left(MDB_page *page, unsigned index, int reverse, unsigned max) {
  unsigned left = reverse ? index + 1 : NUMKEYS(page) - index;
  return left < max ? left : max;
}

// Where the entry number `i` in the order of walking stands, counted from the one at `index`.
static inline unsigned walked_to(unsigned index, unsigned i, int reverse) { return reverse ? index - i : index + i; }

// Describes an entry, whose value is what is stored, with its header. 0 if it lies outside of the windows, if the value
// is shorter than a header, or if it has more bytes than `*budget` and is not `any`; else its bytes are taken from
// `*budget`.
static inline int describe(const leasehold_windows *windows, const void *key, size_t key_length, const void *value,
                           size_t value_length, leasehold_row *row, int any, size_t *budget) {
  size_t key_offset = (size_t)((const uint8_t *)key - windows->keys);
  size_t value_offset = (size_t)((const uint8_t *)value - windows->values);
  if (key_offset > windows->key_extent || key_length > windows->key_extent - key_offset ||
      value_offset > windows->value_extent || value_length > windows->value_extent - value_offset ||
      value_length < windows->lead)
    return 0;
  size_t bytes = key_length + value_length;
  if (bytes > *budget) {
    if (!any) return 0;
    bytes = *budget;
  }
  *budget -= bytes;
  row->key_offset = (uint32_t)key_offset;
  row->key_length = (uint32_t)key_length;
  row->value_offset = (uint32_t)value_offset + windows->lead;
  row->value_length = (uint32_t)value_length - windows->lead;
  return 1;
}

#endif  // LEASEHOLD_CORE_LMDB_PAGES_H_
