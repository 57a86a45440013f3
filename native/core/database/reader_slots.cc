#include "core/database/reader_slots.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "core/lmdb/lmdb_files.h"

namespace leasehold {
namespace {

// How many versions a reader lags behind before a writer looks whether the reader's process lives. Looking is a system
// call for each process, so it is not done more often than at every so many commits.
constexpr size_t kVersionsBehind = 16;
// How many readers an error names.
constexpr size_t kMostNamed = 4;

std::string Describe(const leasehold_reader& reader, size_t newest) {
  char thread[2 * sizeof(uintptr_t) + 1];
  snprintf(thread, sizeof(thread), "%" PRIxPTR, reader.thread);
  const size_t behind = newest - reader.txn_id;
  return "process " + std::to_string(reader.pid) + (reader.pid == getpid() ? " (this one)" : "") + ", thread " +
         thread + ", " + std::to_string(behind) + (behind == 1 ? " version" : " versions") + " behind";
}

}  // namespace

std::vector<leasehold_reader> ListReaders(MDB_env* env) {
  unsigned slots = 0;
  mdb_env_get_maxreaders(env, &slots);
  std::vector<leasehold_reader> readers(slots);
  readers.resize(leasehold_list_readers(env, readers.data(), slots));
  return readers;
}

int TakeReaderSlot(MDB_env* env, MDB_txn** txn) {
  const int rc = mdb_txn_begin(env, nullptr, MDB_RDONLY, txn);
  int dead = 0;
  if (rc != MDB_READERS_FULL || mdb_reader_check(env, &dead) != 0 || dead == 0) return rc;
  return mdb_txn_begin(env, nullptr, MDB_RDONLY, txn);
}

void FreeDeadReaders(MDB_txn* txn) {
  const size_t id = mdb_txn_id(txn);
  if (id % kVersionsBehind != 0 || leasehold_oldest_version(txn) + kVersionsBehind > id) return;
  // If it fails for want of memory, the next time will do.
  mdb_reader_check(mdb_txn_env(txn), nullptr);
}

Status WriteFailure(MDB_env* env, int rc) {
  if (rc != MDB_MAP_FULL) return Status(rc);
  const size_t newest = leasehold_last_transaction(env);
  std::vector<leasehold_reader> readers = ListReaders(env);
  const auto end = std::remove_if(readers.begin(), readers.end(),
                                  [newest](const leasehold_reader& reader) { return reader.txn_id >= newest; });
  readers.erase(end, readers.end());
  if (readers.empty()) return Status(rc);
  std::sort(readers.begin(), readers.end(),
            [](const leasehold_reader& a, const leasehold_reader& b) { return a.txn_id < b.txn_id; });
  std::string message =
      Status(rc).Message() + ". Read transactions on older versions keep pages from being used again: ";
  for (size_t i = 0; i < std::min(readers.size(), kMostNamed); i++) {
    message += (i == 0 ? "" : "; ") + Describe(readers[i], newest);
  }
  if (readers.size() > kMostNamed) message += "; and " + std::to_string(readers.size() - kMostNamed) + " more";
  return Status(rc, message + ". Once they have ended, there is room again");
}

}  // namespace leasehold
