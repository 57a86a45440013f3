// Compares the functions of native/core/lmdb/ that replace one of LMDB's with LMDB's function, on random databases.
// Arguments: a seed, an empty directory, and the longest key that lib/ allows. Exits with 0 if all answers are equal.
#include "core/lmdb/lmdb_access.c"

#include <stdio.h>

static uint64_t state;

#define CHECK(condition)                                               \
  do {                                                                 \
    if (!(condition)) {                                                \
      fprintf(stderr, "line %d: not %s\n", __LINE__, #condition);      \
      exit(1);                                                         \
    }                                                                  \
  } while (0)

// A random number from 0 to below `limit` (splitmix64).
static size_t below(size_t limit) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (size_t)((z ^ z >> 31) % limit);
}

static int sign(int order) { return (order > 0) - (order < 0); }

// Fills `bytes` with up to `most` bytes, which often begin like earlier ones. Returns how many.
static size_t random_bytes(uint8_t *bytes, size_t least, size_t most) {
  size_t size = least + below(below(4) == 0 ? most - least + 1 : (most - least) / 16 + 1);
  memset(bytes, 'k', size);
  for (size_t changes = below(6); changes > 0 && size > 0; changes--) {
    bytes[below(size)] = below(3) == 0 ? (uint8_t)below(256) : "\0k\177\200\377"[below(5)];
  }
  return size;
}

static void compare_orders(void) {
  uint8_t a[600], b[600];
  for (int run = 0; run < 200000; run++) {
    MDB_val x = {random_bytes(a, 0, 511), a}, y = {random_bytes(b, 0, 511), b};
    // Often make the two nearly equal.
    if (below(2) == 0) {
      memcpy(b, a, y.mv_size = x.mv_size);
      if (x.mv_size > 0) b[below(x.mv_size)] ^= (uint8_t)(1 << below(8));
      if (below(2) == 0) y.mv_size = below(x.mv_size + 1);
    }
    CHECK(sign(compare_keys(a, x.mv_size, b, y.mv_size)) == sign(mdb_cmp_memn(&x, &y)));
  }
}

static void compare_searches(void) {
  static MDB_ID2 list[300];
  for (int run = 0; run < 20000; run++) {
    size_t count = below(200), step = 1 + below(4);
    list[0].mid = count;
    MDB_ID number = below(50);
    for (size_t i = 1; i <= count; i++) list[i].mid = number += 1 + (below(3) == 0 ? below(step) : 0);
    for (MDB_ID wanted = 0; wanted < number + 3; wanted++) {
      CHECK(leasehold_find_dirty(list, wanted) == mdb_mid2l_search(list, wanted));
    }
  }
}

// A new environment whose unnamed database has these flags.
static MDB_env *open_env(const char *path, const char *name, unsigned flags) {
  char file[4096];
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi;
  snprintf(file, sizeof(file), "%s/%s", path, name);
  CHECK(mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, (size_t)1 << 28) == 0);
  CHECK(mdb_env_open(env, file, MDB_NOSUBDIR | MDB_NOSYNC, 0600) == 0);
  CHECK(mdb_txn_begin(env, NULL, 0, &txn) == 0 && mdb_dbi_open(txn, NULL, flags, &dbi) == 0);
  CHECK(dbi == MAIN_DBI && mdb_txn_commit(txn) == 0);
  return env;
}

static size_t random_key(uint8_t *key, int ordered) {
  static uint64_t next;
  size_t size = random_bytes(key, 1, 511);
  if (!ordered) return size;
  // Each key is greater than the one before it.
  next += 1 + below(3);
  for (int i = 0; i < 8; i++) key[i] = (uint8_t)(next >> (56 - 8 * i));
  return size < 8 ? 8 : size;
}

// Puts the same pairs with leasehold_put and with mdb_cursor_put. Writes some values into space that leasehold_put has
// reserved.
static void fill_twice(MDB_env *ours, MDB_env *theirs, MDB_dbi dbi) {
  static uint8_t key_bytes[600], value_bytes[20000];
  MDB_txn *txn, *other;
  MDB_cursor *cursor, *beside;
  CHECK(mdb_txn_begin(ours, NULL, 0, &txn) == 0 && mdb_txn_begin(theirs, NULL, 0, &other) == 0);
  CHECK(mdb_cursor_open(txn, dbi, &cursor) == 0 && mdb_cursor_open(other, dbi, &beside) == 0);
  int ordered = below(2) == 0;
  for (int i = 0; i < 1500; i++) {
    MDB_val key = {random_key(key_bytes, ordered && below(20) != 0), key_bytes};
    MDB_val value = {random_bytes(value_bytes, 0, below(30) == 0 ? 20000 : 300), value_bytes};
    MDB_val same_key = key, same_value = value;
    const unsigned reserve = below(2) == 0 ? MDB_RESERVE : 0;
    CHECK(leasehold_put(cursor, &key, &value, reserve) == mdb_cursor_put(beside, &same_key, &same_value, 0));
    if (reserve) memcpy(value.mv_data, value_bytes, value.mv_size);
    if (below(4) == 0 && mdb_cursor_get(cursor, &key, &value, MDB_GET_CURRENT) == 0) {
      same_key = key;
      CHECK(mdb_cursor_get(beside, &same_key, &same_value, MDB_SET) == 0);
      CHECK(mdb_cursor_del(cursor, 0) == 0 && mdb_cursor_del(beside, 0) == 0);
    }
  }
  mdb_cursor_close(cursor);
  mdb_cursor_close(beside);
  CHECK(mdb_txn_commit(txn) == 0 && mdb_txn_commit(other) == 0);
}

static int is_same(MDB_val a, MDB_val b) {
  return a.mv_size == b.mv_size && memcmp(a.mv_data, b.mv_data, a.mv_size) == 0;
}

// Both environments hold the same entries in the same order.
static void compare_contents(MDB_env *ours, MDB_env *theirs, MDB_dbi dbi) {
  MDB_txn *txn, *other;
  MDB_cursor *cursor, *beside;
  CHECK(mdb_txn_begin(ours, NULL, MDB_RDONLY, &txn) == 0 && mdb_txn_begin(theirs, NULL, MDB_RDONLY, &other) == 0);
  CHECK(mdb_cursor_open(txn, dbi, &cursor) == 0 && mdb_cursor_open(other, dbi, &beside) == 0);
  for (;;) {
    MDB_val key, value, same_key, same_value;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    CHECK(rc == mdb_cursor_get(beside, &same_key, &same_value, MDB_NEXT));
    if (rc == MDB_NOTFOUND) break;
    CHECK(rc == 0 && is_same(key, same_key) && is_same(value, same_value));
  }
  mdb_cursor_close(cursor);
  mdb_cursor_close(beside);
  mdb_txn_abort(txn);
  mdb_txn_abort(other);
}

// Pairs of a database whose keys have several values. With MDB_DUPFIXED all values have one size.
static void fill_pairs(MDB_env *env, size_t fixed) {
  static uint8_t key_bytes[600], value_bytes[600];
  MDB_txn *txn;
  CHECK(mdb_txn_begin(env, NULL, 0, &txn) == 0);
  for (int i = 0; i < 300; i++) {
    MDB_val key = {random_bytes(key_bytes, 1, 100), key_bytes};
    for (size_t values = below(3) == 0 ? below(1000) : 1; values > 0; values--) {
      size_t size = random_bytes(value_bytes, fixed > 0 ? fixed : 1, fixed > 0 ? fixed : 200);
      if (size >= 2) memcpy(value_bytes + size - 2, &values, 2);
      MDB_val value = {size, value_bytes};
      CHECK(mdb_put(txn, MAIN_DBI, &key, &value, 0) == 0);
    }
  }
  CHECK(mdb_txn_commit(txn) == 0);
}

static void compare_gets(MDB_txn *txn, MDB_dbi dbi) {
  static uint8_t bytes[600];
  MDB_cursor *cursor;
  MDB_val key, value, found, expected;
  CHECK(mdb_cursor_open(txn, dbi, &cursor) == 0);
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT_NODUP) == 0) {
    CHECK(leasehold_get(txn, dbi, &key, &found) == 0 && mdb_get(txn, dbi, &key, &expected) == 0);
    CHECK(found.mv_data == expected.mv_data && found.mv_size == expected.mv_size);
    // A key next to it, which may be present.
    memcpy(bytes, key.mv_data, key.mv_size);
    MDB_val near = {key.mv_size, bytes};
    if (below(3) == 0 && near.mv_size < 511) bytes[near.mv_size++] = 0;
    else if (below(2) == 0 && near.mv_size > 1) near.mv_size--;
    else bytes[near.mv_size - 1]++;
    int rc = leasehold_get(txn, dbi, &near, &found);
    CHECK(rc == mdb_get(txn, dbi, &near, &expected));
    CHECK(rc == MDB_NOTFOUND || (found.mv_data == expected.mv_data && found.mv_size == expected.mv_size));
  }
  mdb_cursor_close(cursor);
}

// Walks a database by pages and by entries. A walk by pages leaves out the first `lead` bytes of each value, and stops
// before a value that is shorter.
static void compare_walks(MDB_env *env, MDB_txn *txn, MDB_dbi dbi, int reverse, uint32_t lead) {
  leasehold_row rows[64];
  leasehold_windows windows = {leasehold_map_base(env), leasehold_map_base(env), leasehold_extent(txn),
                               leasehold_extent(txn), 0, lead};
  const MDB_cursor_op next = reverse ? MDB_PREV : MDB_NEXT;
  MDB_cursor *pages, *entries;
  MDB_val key, value, last;
  CHECK(mdb_cursor_open(txn, dbi, &pages) == 0 && mdb_cursor_open(txn, dbi, &entries) == 0);
  while (mdb_cursor_get(pages, &key, &value, next) == 0) {
    size_t budget = below(8000);
    unsigned count = leasehold_leaf_rows(pages, reverse, &windows, rows, 1 + (unsigned)below(64), 1, &budget);
    CHECK(count > 0 || value.mv_size < lead);
    if (count == 0) CHECK(mdb_cursor_get(entries, &key, &value, next) == 0);
    for (unsigned i = 0; i < count; i++) {
      CHECK(mdb_cursor_get(entries, &key, &value, next) == 0);
      CHECK(windows.keys + rows[i].key_offset == key.mv_data && rows[i].key_length == key.mv_size);
      CHECK(windows.values + rows[i].value_offset == (uint8_t *)value.mv_data + lead);
      CHECK(rows[i].value_length == value.mv_size - lead);
    }
    CHECK(leasehold_leaf_last(pages, &last) && mdb_cmp(txn, dbi, &last, &key) >= 0);
  }
  CHECK(mdb_cursor_get(entries, &key, &value, next) == MDB_NOTFOUND);
  mdb_cursor_close(pages);
  mdb_cursor_close(entries);
}

// Counts the entries from a key on, by pages and by entries.
static void compare_counts(MDB_txn *txn, MDB_dbi dbi) {
  static uint8_t bytes[600];
  MDB_cursor *pages, *entries;
  CHECK(mdb_cursor_open(txn, dbi, &pages) == 0 && mdb_cursor_open(txn, dbi, &entries) == 0);
  for (int run = 0; run < 20; run++) {
    MDB_val key = {random_bytes(bytes, 1, 511), bytes}, same = key, value;
    size_t count = 0, expected = 0;
    int rc = mdb_cursor_get(pages, &key, &value, MDB_SET_RANGE);
    for (; rc == 0; rc = mdb_cursor_get(pages, &key, &value, MDB_NEXT_NODUP)) count += leasehold_leaf_skip(pages, 0, 0, SIZE_MAX);
    rc = mdb_cursor_get(entries, &same, &value, MDB_SET_RANGE);
    for (; rc == 0; rc = mdb_cursor_get(entries, &same, &value, MDB_NEXT)) expected++;
    CHECK(count == expected);
  }
  mdb_cursor_close(pages);
  mdb_cursor_close(entries);
}

static void compare_reads(MDB_env *env) {
  MDB_txn *txn;
  CHECK(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0);
  compare_gets(txn, MAIN_DBI);
  for (int reverse = 0; reverse < 2; reverse++) {
    compare_walks(env, txn, MAIN_DBI, reverse, 0);
    compare_walks(env, txn, MAIN_DBI, reverse, 16);
  }
  compare_counts(txn, MAIN_DBI);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void compare_plain(const char *path) {
  MDB_env *ours = open_env(path, "ours", 0), *theirs = open_env(path, "theirs", 0);
  for (int round = 0; round < 6; round++) {
    fill_twice(ours, theirs, MAIN_DBI);
    compare_contents(ours, theirs, MAIN_DBI);
  }
  mdb_env_close(theirs);
  compare_reads(ours);
}

static void compare_pairs(const char *path, const char *name, unsigned flags, size_t fixed) {
  MDB_env *env = open_env(path, name, flags);
  fill_pairs(env, fixed);
  compare_reads(env);
}

int main(int count, char **arguments) {
  CHECK(count == 4);
  CHECK(strtoull(arguments[3], NULL, 10) == MDB_MAXKEYSIZE);
  state = strtoull(arguments[1], NULL, 10);
  compare_orders();
  compare_searches();
  compare_plain(arguments[2]);
  compare_pairs(arguments[2], "pairs", MDB_DUPSORT, 0);
  compare_pairs(arguments[2], "fixed", MDB_DUPSORT | MDB_DUPFIXED, 12);
  return 0;
}
