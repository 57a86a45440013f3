// The floor of the suite `put`: LMDB's own interface, nothing forced to the disk.
//
//   c-put <folder> <workload> <form> <entries> <warm-ups> <passes>
//
// It measures and prints as harness/measure-puts.mjs does. Forms: mdb_put, append (the same with MDB_APPEND), cursor_put.
#include <unistd.h>

#include "floor.h"

#define VALUE_BYTES 100
#define READ_BACK 1000

static void store(MDB_txn *txn, MDB_dbi dbi, const char *form, const uint8_t *keys, uint32_t entries) {
  uint8_t bytes[1024][VALUE_BYTES];
  for (unsigned i = 0; i < 1024; i++) memset(bytes[i], i, VALUE_BYTES);
  unsigned flags = strcmp(form, "append") == 0 ? MDB_APPEND : 0;
  MDB_cursor *cursor = NULL;
  if (strcmp(form, "cursor_put") == 0) check(mdb_cursor_open(txn, dbi, &cursor), "mdb_cursor_open");
  for (uint32_t i = 0; i < entries; i++) {
    MDB_val key = {KEY_BYTES, (void *)(keys + (size_t)i * KEY_BYTES)}, value = {VALUE_BYTES, bytes[i % 1024]};
    int rc = cursor ? mdb_cursor_put(cursor, &key, &value, 0) : mdb_put(txn, dbi, &key, &value, flags);
    check(rc, "put");
  }
  if (cursor) mdb_cursor_close(cursor);
}

// ns a put into a new environment; `*checksum` is made of what was stored.
static double pass(const char *folder, const char *form, const uint8_t *keys, uint32_t entries, uint64_t *checksum) {
  char path[4096], file[4200];
  snprintf(path, sizeof path, "%s/put-XXXXXX", folder);
  if (!mkdtemp(path)) check(1, path);
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi;
  check(mdb_env_create(&env), "mdb_env_create");
  check(mdb_env_set_maxdbs(env, 4), "mdb_env_set_maxdbs");
  check(mdb_env_set_mapsize(env, (size_t)1 << 36), "mdb_env_set_mapsize");
  check(mdb_env_open(env, path, MDB_NOSYNC, 0600), path);
  check(mdb_txn_begin(env, NULL, 0, &txn), "mdb_txn_begin");
  check(mdb_dbi_open(txn, "entries", MDB_CREATE, &dbi), "mdb_dbi_open");
  check(mdb_txn_commit(txn), "mdb_txn_commit");

  double begin = now();
  check(mdb_txn_begin(env, NULL, 0, &txn), "mdb_txn_begin");
  store(txn, dbi, form, keys, entries);
  check(mdb_txn_commit(txn), "mdb_txn_commit");
  double time = (now() - begin) / entries;

  MDB_stat stat;
  check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "mdb_txn_begin");
  check(mdb_stat(txn, dbi, &stat), "mdb_stat");
  *checksum = stat.ms_entries;
  for (uint32_t turn = 0; turn < READ_BACK; turn++) {
    MDB_val key = {KEY_BYTES, (void *)(keys + (size_t)(mix(turn) % entries) * KEY_BYTES)}, value;
    check(mdb_get(txn, dbi, &key, &value), "mdb_get");
    *checksum += ((uint8_t *)value.mv_data)[VALUE_BYTES - 1];
  }
  mdb_txn_abort(txn);
  mdb_env_close(env);
  snprintf(file, sizeof file, "%s/data.mdb", path);
  unlink(file);
  snprintf(file, sizeof file, "%s/lock.mdb", path);
  unlink(file);
  rmdir(path);
  return time;
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: see the head of drivers/c-put.c\n");
    return 2;
  }
  const char *folder = argv[1], *form = argv[3];
  int in_order = strcmp(argv[2], "put-in-order") == 0;
  uint32_t entries = strtoul(argv[4], NULL, 10);
  int warm_ups = atoi(argv[5]), passes = atoi(argv[6]);
  uint8_t *keys = malloc((size_t)entries * KEY_BYTES);
  for (uint32_t i = 0; i < entries; i++) {
    if (in_order) make_key(keys + (size_t)i * KEY_BYTES, i, entries);
    else make_key(keys + (size_t)i * KEY_BYTES, mix(i), 4294967296.0);
  }
  uint64_t checksum;
  double first = pass(folder, form, keys, entries, &checksum);
  for (int warmed = 1; warmed < warm_ups; warmed++) pass(folder, form, keys, entries, &checksum);
  printf("{\"first\":%.4f,\"repeat\":1,\"passes\":[", first);
  for (int i = 0; i < passes; i++) printf("%s%.4f", i ? "," : "", pass(folder, form, keys, entries, &checksum));
  printf("],\"checksum\":%llu}\n", (unsigned long long)checksum);
  return 0;
}
