// A part of lmdb_access.c: the table of readers.
#include "core/lmdb/lmdb_readers.h"

unsigned leasehold_list_readers(MDB_env *env, leasehold_reader *readers, unsigned max) {
  if (env->me_txns == NULL) return 0;
  unsigned slots = env->me_txns->mti_numreaders;
  unsigned count = 0;
  for (unsigned i = 0; i < slots && count < max; i++) {
    MDB_reader *slot = &env->me_txns->mti_readers[i];
    // Another process may give the slot up meanwhile, so it is read once.
    // Numbers beyond all process ids stand for processes of other namespaces: see native/lmdb/07-reader-number.patch.
    leasehold_reader reader = {slot->mr_pid & ((1 << MDB_PID_BITS) - 1), (uintptr_t)slot->mr_tid, slot->mr_txnid};
    if (reader.pid != 0) readers[count++] = reader;
  }
  return count;
}

uint64_t leasehold_oldest_read(MDB_env *env) {
  if (env->me_txns == NULL) return 0;
  // This is read first: a transaction that begins later reads this version or a later one.
  txnid_t oldest = env->me_txns->mti_txnid;
  unsigned slots = env->me_txns->mti_numreaders;
  for (unsigned i = 0; i < slots; i++) {
    MDB_reader *slot = &env->me_txns->mti_readers[i];
    if (slot->mr_pid == env->me_pid && slot->mr_txnid < oldest) oldest = slot->mr_txnid;
  }
  return oldest;
}

size_t leasehold_oldest_version(MDB_txn *txn) { return mdb_find_oldest(txn); }
