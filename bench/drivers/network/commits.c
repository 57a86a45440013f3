// The floor of commits: LMDB's own interface in one process, with nobody to answer.
//
//   commits <folder> <queued> <milliseconds>
//
// Stores `queued` rows in each transaction, and a record of them, as the log of changes has it. Prints how many rows were stored, and the time in ns.
#include "../floor.h"

#define ROWS 1000
#define VALUE_BYTES 100
// Of a record: for itself, and for each row.
#define RECORD_BYTES 50
#define ROW_BYTES 37

static void store(MDB_txn *txn, MDB_dbi rows, uint64_t first, int queued) {
  char key[32], bytes[VALUE_BYTES];
  memset(bytes, 'x', sizeof bytes);
  for (int i = 0; i < queued; i++) {
    snprintf(key, sizeof key, "key:%09u", (unsigned)((first + i) % ROWS));
    MDB_val k = {strlen(key), key}, v = {sizeof bytes, bytes};
    check(mdb_put(txn, rows, &k, &v, 0), "mdb_put");
  }
}

static void record(MDB_txn *txn, MDB_dbi log, uint64_t tid, int queued) {
  MDB_val k = {sizeof tid, &tid}, v = {RECORD_BYTES + (size_t)ROW_BYTES * queued, NULL};
  check(mdb_put(txn, log, &k, &v, MDB_APPEND | MDB_RESERVE), "mdb_put");
  memset(v.mv_data, 'r', v.mv_size);
  if (tid <= ROWS) return;
  uint64_t oldest = tid - ROWS;
  MDB_val o = {sizeof oldest, &oldest};
  check(mdb_del(txn, log, &o, NULL), "mdb_del");
}

// The last commit of an earlier run; 0 if there is none.
static uint64_t newest(MDB_txn *txn, MDB_dbi log) {
  MDB_cursor *cursor;
  MDB_val k, v;
  uint64_t tid = 0;
  check(mdb_cursor_open(txn, log, &cursor), "mdb_cursor_open");
  if (mdb_cursor_get(cursor, &k, &v, MDB_LAST) == MDB_SUCCESS) memcpy(&tid, k.mv_data, sizeof tid);
  mdb_cursor_close(cursor);
  return tid;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: see the head of drivers/network/commits.c\n");
    return 2;
  }
  int queued = atoi(argv[2]);
  double most = atof(argv[3]) * 1e6;
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi rows, log;
  check(mdb_env_create(&env), "mdb_env_create");
  check(mdb_env_set_maxdbs(env, 4), "mdb_env_set_maxdbs");
  check(mdb_env_set_mapsize(env, (size_t)1 << 30), "mdb_env_set_mapsize");
  check(mdb_env_open(env, argv[1], 0, 0600), argv[1]);
  check(mdb_txn_begin(env, NULL, 0, &txn), "mdb_txn_begin");
  check(mdb_dbi_open(txn, "rows", MDB_CREATE, &rows), "mdb_dbi_open");
  check(mdb_dbi_open(txn, "log", MDB_CREATE | MDB_INTEGERKEY, &log), "mdb_dbi_open");
  uint64_t tid = newest(txn, log), count = 0;
  check(mdb_txn_commit(txn), "mdb_txn_commit");
  double begin = now(), time;
  do {
    check(mdb_txn_begin(env, NULL, 0, &txn), "mdb_txn_begin");
    store(txn, rows, count, queued);
    record(txn, log, ++tid, queued);
    check(mdb_txn_commit(txn), "mdb_txn_commit");
    count += queued;
    time = now() - begin;
  } while (time < most);
  mdb_env_close(env);
  printf("%llu %.0f\n", (unsigned long long)count, time);
  return 0;
}
