// The floor: plain loops over LMDB's own interface, on the file that leasehold reads.
//
//   c load <folder> <key bytes> <value bytes> <records>      records on standard input, in the order of the keys
//   c run <workload> <folder> <records> <operations> <warm-ups> <passes> <least milliseconds>
//
// `run` prints what harness/measure.mjs prints; the loop around the workload is the same in both.
#include <pthread.h>

#include "floor.h"

#define COLLECTION "entries"
#define HOT_KEYS 1000

typedef struct {
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi;
  MDB_cursor *cursor;
  uint32_t entries;
  uint32_t operations;
} Context;

// A workload's loop; gives the checksum of what it read.
typedef uint64_t Work(Context *);

static uint64_t full_scan(Context *c) {
  uint64_t sum = 0;
  MDB_val key, value;
  int rc = mdb_cursor_get(c->cursor, &key, &value, MDB_FIRST);
  for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT)) {
    sum += *(uint8_t *)key.mv_data + *(uint8_t *)value.mv_data;
  }
  return sum;
}

static uint64_t count(Context *c) {
  MDB_stat stat;
  check(mdb_stat(c->txn, c->dbi, &stat), "mdb_stat");
  return stat.ms_entries;
}

static uint64_t count_half(Context *c) {
  uint8_t from[KEY_BYTES], to[KEY_BYTES];
  make_key(from, c->entries / 4, c->entries);
  make_key(to, c->entries / 4 + c->operations, c->entries);
  uint64_t rows = 0;
  MDB_val key = {KEY_BYTES, from}, end = {KEY_BYTES, to};
  int rc = mdb_cursor_get(c->cursor, &key, NULL, MDB_SET_RANGE);
  while (rc == MDB_SUCCESS && mdb_cmp(c->txn, c->dbi, &key, &end) < 0) {
    rows++;
    rc = mdb_cursor_get(c->cursor, &key, NULL, MDB_NEXT);
  }
  return rows;
}

static uint64_t random_get(Context *c) {
  uint64_t sum = 0;
  uint8_t bytes[KEY_BYTES];
  MDB_val key = {KEY_BYTES, bytes}, value;
  for (uint32_t turn = 0; turn < c->operations; turn++) {
    make_key(bytes, mix(turn) % c->entries, c->entries);
    check(mdb_get(c->txn, c->dbi, &key, &value), "mdb_get");
    sum += *(uint8_t *)value.mv_data;
  }
  return sum;
}

static uint64_t random_keys(Context *c) {
  uint64_t sum = 0;
  uint8_t bytes[KEY_BYTES];
  for (uint32_t turn = 0; turn < c->operations; turn++) {
    make_key(bytes, mix(turn) % c->entries, c->entries);
    // The compiler may not leave out the bytes that nothing reads.
    __asm__ volatile("" : : "r"(bytes) : "memory");
    sum += bytes[KEY_BYTES - 1];
  }
  return sum;
}

static uint64_t keys_scan(Context *c) {
  uint64_t sum = 0;
  MDB_val key;
  int rc = mdb_cursor_get(c->cursor, &key, NULL, MDB_FIRST);
  for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(c->cursor, &key, NULL, MDB_NEXT)) sum += *(uint8_t *)key.mv_data;
  return sum;
}

static uint64_t reverse_scan(Context *c) {
  uint64_t sum = 0;
  MDB_val key, value;
  int rc = mdb_cursor_get(c->cursor, &key, &value, MDB_LAST);
  for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(c->cursor, &key, &value, MDB_PREV)) {
    sum += *(uint8_t *)key.mv_data + *(uint8_t *)value.mv_data;
  }
  return sum;
}

static uint64_t prefix_scan(Context *c) {
  uint64_t sum = 0;
  for (unsigned byte = 0; byte < 256; byte++) {
    uint8_t prefix = byte;
    MDB_val key = {1, &prefix}, value;
    int rc = mdb_cursor_get(c->cursor, &key, &value, MDB_SET_RANGE);
    while (rc == MDB_SUCCESS && *(uint8_t *)key.mv_data == prefix) {
      sum += *(uint8_t *)key.mv_data + *(uint8_t *)value.mv_data;
      rc = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT);
    }
  }
  return sum;
}

static uint64_t short_ranges(Context *c, int limit) {
  uint64_t sum = 0;
  uint8_t bytes[KEY_BYTES];
  for (uint32_t turn = 0; turn < c->operations; turn++) {
    make_key(bytes, mix(turn) % c->entries, c->entries);
    MDB_val key = {KEY_BYTES, bytes}, value;
    int rc = mdb_cursor_get(c->cursor, &key, &value, MDB_SET_RANGE);
    for (int left = limit; rc == MDB_SUCCESS && left > 0; left--) {
      sum += *(uint8_t *)key.mv_data + *(uint8_t *)value.mv_data;
      rc = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT);
    }
  }
  return sum;
}

static uint64_t range_10(Context *c) { return short_ranges(c, 10); }
static uint64_t range_100(Context *c) { return short_ranges(c, 100); }

static uint64_t both_ends(Context *c) {
  uint64_t sum = 0;
  uint8_t bytes[KEY_BYTES];
  MDB_val key = {KEY_BYTES, bytes}, value;
  for (uint32_t turn = 0; turn < c->operations; turn++) {
    make_key(bytes, mix(turn) % c->entries, c->entries);
    check(mdb_get(c->txn, c->dbi, &key, &value), "mdb_get");
    sum += *(uint8_t *)value.mv_data + ((uint8_t *)value.mv_data)[value.mv_size - 1];
  }
  return sum;
}

static uint64_t hot_get(Context *c) {
  uint64_t sum = 0;
  uint8_t bytes[KEY_BYTES];
  MDB_val key = {KEY_BYTES, bytes}, value;
  for (uint32_t turn = 0; turn < c->operations; turn++) {
    make_key(bytes, mix(turn % HOT_KEYS) % c->entries, c->entries);
    check(mdb_get(c->txn, c->dbi, &key, &value), "mdb_get");
    sum += *(uint8_t *)value.mv_data;
  }
  return sum;
}

static uint64_t empty_transaction(Context *c) {
  uint64_t sum = 0;
  // This thread's reader slot is taken by the transaction that the other workloads use.
  mdb_txn_reset(c->txn);
  mdb_txn_abort(c->txn);
  for (uint32_t turn = 0; turn < c->operations; turn++) {
    MDB_txn *txn;
    check(mdb_txn_begin(c->env, NULL, MDB_RDONLY, &txn), "mdb_txn_begin");
    sum++;
    mdb_txn_abort(txn);
  }
  check(mdb_txn_begin(c->env, NULL, MDB_RDONLY, &c->txn), "mdb_txn_begin");
  return sum;
}

// Where the struct of the suite `fields` has these, in bytes from the start of a record; see drivers/struct.mjs.
#define NAME_PLACE 8
#define POPULATION_PLACE 24

static uint32_t read_word(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, 4);
  return word;
}

static uint64_t number_field(Context *c) {
  uint64_t sum = 0;
  MDB_val key, value;
  int rc = mdb_cursor_get(c->cursor, &key, &value, MDB_FIRST);
  for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT)) {
    sum += read_word((uint8_t *)value.mv_data + POPULATION_PLACE);
  }
  return sum;
}

// The length and the first byte of a text, where it lies: nothing in C corresponds to making a string of it.
static uint64_t text_field(Context *c) {
  uint64_t sum = 0;
  MDB_val key, value;
  int rc = mdb_cursor_get(c->cursor, &key, &value, MDB_FIRST);
  for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT)) {
    const uint8_t *record = value.mv_data, *place = record + NAME_PLACE;
    sum += (read_word(place + 4) & 0x7fffffffu) + record[read_word(place)];
  }
  return sum;
}

static uint64_t names_scan(Context *c) {
  uint64_t sum = 0;
  MDB_val key, value;
  int rc = mdb_cursor_get(c->cursor, &key, &value, MDB_FIRST);
  for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT)) {
    sum += *(uint8_t *)key.mv_data + key.mv_size + *(uint8_t *)value.mv_data;
  }
  return sum;
}

static uint64_t names_get(Context *c) {
  // The names lie outside of the pages that are searched, as those of a caller do.
  static char (*names)[256];
  MDB_val key, value;
  if (!names) {
    names = malloc((size_t)c->entries * sizeof *names);
    uint32_t at = 0;
    int rc = mdb_cursor_get(c->cursor, &key, NULL, MDB_FIRST);
    for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(c->cursor, &key, NULL, MDB_NEXT)) {
      memcpy(names[at], key.mv_data, key.mv_size);
      names[at++][255] = key.mv_size;
    }
  }
  uint64_t sum = 0;
  for (uint32_t turn = 0; turn < c->operations; turn++) {
    char *name = names[mix(turn) % c->entries];
    key = (MDB_val){(uint8_t)name[255], name};
    check(mdb_get(c->txn, c->dbi, &key, &value), "mdb_get");
    sum += *(uint8_t *)value.mv_data;
  }
  return sum;
}

typedef struct {
  const Context *context;
  int scans;
  uint64_t sum;
} Scanner;

// Makes a number of full scans in a transaction of this thread.
static void *scan_in_thread(void *argument) {
  Scanner *scanner = argument;
  Context c = *scanner->context;
  check(mdb_txn_begin(c.env, NULL, MDB_RDONLY, &c.txn), "mdb_txn_begin");
  check(mdb_cursor_open(c.txn, c.dbi, &c.cursor), "mdb_cursor_open");
  scanner->sum = 0;
  for (int i = 0; i < scanner->scans; i++) scanner->sum += full_scan(&c);
  mdb_cursor_close(c.cursor);
  mdb_txn_abort(c.txn);
  return NULL;
}

// Makes the same scans in one thread, or divides them between two.
static uint64_t scan_in_threads(Context *c, int threads) {
  pthread_t ids[2];
  Scanner scanners[2];
  int scans = c->operations / c->entries / threads;
  uint64_t sum = 0;
  for (int i = 0; i < threads; i++) {
    scanners[i] = (Scanner){.context = c, .scans = scans};
    pthread_create(&ids[i], NULL, scan_in_thread, &scanners[i]);
  }
  for (int i = 0; i < threads; i++) {
    pthread_join(ids[i], NULL);
    sum += scanners[i].sum;
  }
  return sum;
}

static uint64_t one_thread(Context *c) { return scan_in_threads(c, 1); }
static uint64_t two_threads(Context *c) { return scan_in_threads(c, 2); }

static const struct {
  const char *name;
  Work *run;
} workloads[] = {
    {"names-scan", names_scan}, {"names-get", names_get},
    {"one-thread", one_thread}, {"two-threads", two_threads}, {"cold-get", random_get},
    {"full-scan", full_scan},     {"count", count}, {"count-half", count_half}, {"random-get", random_get},
    {"random-keys", random_keys}, {"keys-scan", keys_scan}, {"reverse-scan", reverse_scan},
    {"prefix-scan", prefix_scan}, {"range-10", range_10}, {"range-100", range_100}, {"hot-get", hot_get}, {"values-1k", both_ends}, {"values-64k", both_ends}, {"values-1m", both_ends},
    {"empty-transaction", empty_transaction}, {"number-field", number_field}, {"text-field", text_field},
};

static void open_env(Context *c, const char *folder, size_t map_size, unsigned flags) {
  check(mdb_env_create(&c->env), "mdb_env_create");
  check(mdb_env_set_maxdbs(c->env, 4), "mdb_env_set_maxdbs");
  if (map_size) check(mdb_env_set_mapsize(c->env, map_size), "mdb_env_set_mapsize");
  check(mdb_env_open(c->env, folder, flags, 0600), folder);
}

static int load(char **args) {
  size_t key_bytes = strtoul(args[1], NULL, 10), value_bytes = strtoul(args[2], NULL, 10);
  size_t record_bytes = key_bytes + value_bytes, records = strtoul(args[3], NULL, 10);
  Context c = {0};
  open_env(&c, args[0], records * (record_bytes + 64) * 2 + (1 << 24), MDB_NOSYNC);
  check(mdb_txn_begin(c.env, NULL, 0, &c.txn), "mdb_txn_begin");
  check(mdb_dbi_open(c.txn, COLLECTION, MDB_CREATE, &c.dbi), "mdb_dbi_open");
  char *record = malloc(record_bytes);
  for (size_t i = 0; i < records; i++) {
    if (fread(record, record_bytes, 1, stdin) != 1) {
      fprintf(stderr, "standard input ended after %zu records\n", i);
      return 1;
    }
    MDB_val key = {key_bytes, record}, value = {value_bytes, record + key_bytes};
    check(mdb_put(c.txn, c.dbi, &key, &value, MDB_APPEND), "mdb_put");
  }
  check(mdb_txn_commit(c.txn), "mdb_txn_commit");
  check(mdb_env_sync(c.env, 1), "mdb_env_sync");
  return 0;
}

// ns an operation over so many repetitions of the work, each of which must give the checksum.
static double pass(Context *c, Work *work, uint64_t checksum, long times) {
  double begin = now();
  for (long i = 0; i < times; i++) {
    if (work(c) == checksum) continue;
    fprintf(stderr, "the same work gave different results\n");
    exit(1);
  }
  return (now() - begin) / times / c->operations;
}

static int run(char **args) {
  Work *work = NULL;
  for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
    if (strcmp(workloads[i].name, args[0]) == 0) work = workloads[i].run;
  }
  if (!work) {
    fprintf(stderr, "no workload %s\n", args[0]);
    return 1;
  }
  Context c = {.entries = strtoul(args[2], NULL, 10), .operations = strtoul(args[3], NULL, 10)};
  int warm_ups = atoi(args[4]), passes = atoi(args[5]);
  double least = atof(args[6]) * 1e6;
  open_env(&c, args[1], 0, MDB_RDONLY);
  check(mdb_txn_begin(c.env, NULL, MDB_RDONLY, &c.txn), "mdb_txn_begin");
  check(mdb_dbi_open(c.txn, COLLECTION, 0, &c.dbi), "mdb_dbi_open");
  // Other transactions see the handle once this one is committed.
  check(mdb_txn_commit(c.txn), "mdb_txn_commit");
  check(mdb_txn_begin(c.env, NULL, MDB_RDONLY, &c.txn), "mdb_txn_begin");
  check(mdb_cursor_open(c.txn, c.dbi, &c.cursor), "mdb_cursor_open");

  double begin = now();
  uint64_t checksum = work(&c);
  double first = (now() - begin) / c.operations;
  for (int warmed = 1; warmed < warm_ups - 1; warmed++) pass(&c, work, checksum, 1);
  long repeat = 1;
  while (pass(&c, work, checksum, repeat) * repeat * c.operations < least) repeat *= 2;

  printf("{\"checksum\":%llu,\"first\":%.4f,\"repeat\":%ld,\"passes\":[", (unsigned long long)checksum, first, repeat);
  for (int i = 0; i < passes; i++) printf("%s%.4f", i ? "," : "", pass(&c, work, checksum, repeat));
  printf("]}\n");
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 6 && strcmp(argv[1], "load") == 0) return load(argv + 2);
  if (argc == 9 && strcmp(argv[1], "run") == 0) return run(argv + 2);
  fprintf(stderr, "usage: see the head of drivers/c.c\n");
  return 2;
}
