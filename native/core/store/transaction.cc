#include "core/store/transaction.h"

#include <algorithm>

namespace leasehold {

Status Transaction::Get(Collection* collection, Slice key, MDB_val* value) {
  Status status = CheckKeySize(key);
  if (!status.ok()) return status;
  MDB_dbi dbi;
  bool absent;
  status = Resolve(collection, &dbi, &absent);
  if (!status.ok()) return status;
  if (absent) return Status(MDB_NOTFOUND);
  MDB_val wanted = ToVal(key);
  return Status(leasehold_get(txn(), dbi, &wanted, value));
}

Status Transaction::HasPair(Collection* collection, Slice key, Slice value, bool* found) {
  *found = false;
  MDB_dbi dbi;
  bool absent;
  Status status = CheckKeySize(key);
  if (status.ok()) status = CheckHasDuplicates(*collection);
  if (status.ok()) status = Resolve(collection, &dbi, &absent);
  if (!status.ok() || absent) return status;
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn(), dbi, &cursor);
  if (rc != 0) return Status(rc);
  MDB_val k = ToVal(key);
  MDB_val v = ToVal(value);
  rc = mdb_cursor_get(cursor, &k, &v, MDB_GET_BOTH);
  mdb_cursor_close(cursor);
  *found = rc == 0;
  // LMDB cannot look for an empty value among several.
  return rc == MDB_NOTFOUND || rc == MDB_BAD_VALSIZE ? Status() : Status(rc);
}

Status Transaction::CheckHasDuplicates(const Collection& collection) {
  if (collection.has_duplicates()) return Status();
  return Status(kInvalidArgument, "its keys have one value each: it was made without dupSort");
}

Status Transaction::CheckKeySize(Slice key) const {
  const auto limit = static_cast<size_t>(mdb_env_get_maxkeysize(database()->env()));
  if (key.size > 0 && key.size <= limit) return Status();
  return Status(kKeySize, "a key must have from 1 to " + std::to_string(limit) + " bytes; this one has " +
                              std::to_string(key.size));
}

Status Transaction::Stat(Collection* collection, MDB_stat* stat) {
  MDB_dbi dbi;
  bool absent;
  Status status = Resolve(collection, &dbi, &absent);
  if (!status.ok()) return status;
  *stat = MDB_stat{};
  mdb_env_stat(database()->env(), stat);
  const unsigned page_size = stat->ms_psize;
  *stat = MDB_stat{};
  stat->ms_psize = page_size;
  if (absent) return Status();
  // Reading an entry makes LMDB read the collection's record of this version; mdb_stat alone does not say if it is
  // absent.
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn(), dbi, &cursor);
  if (rc != 0) return Status(rc);
  MDB_val key;
  MDB_val value;
  rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  mdb_cursor_close(cursor);
  if (rc == MDB_NOTFOUND) return Status();
  return Status(rc != 0 ? rc : mdb_stat(txn(), dbi, stat));
}

Status Transaction::Resolve(Collection* collection, MDB_dbi* dbi, bool* absent) {
  *dbi = collection->dbi;
  if (seen_->Has(collection, *dbi)) {
    *absent = false;
    return Status();
  }
  return database_->UseCollection(txn(), collection, seen_, dbi, absent);
}

Status Transaction::FindCollection(const char* name, Collection** collection) {
  Status status = database_->FindCollection(txn(), name, collection);
  if (!status.ok() || *collection == nullptr) return status;
  MDB_dbi dbi;
  bool absent;
  return Resolve(*collection, &dbi, &absent);
}

Status ReadTransaction::Begin(Environment* environment, bool invalidate,
                              std::unique_ptr<ReadTransaction>* transaction) {
  Snapshot* snapshot;
  Status status = environment->AcquireSnapshot(&snapshot);
  if (!status.ok()) return status;
  transaction->reset(new ReadTransaction(environment, invalidate, snapshot));
  return Status();
}

namespace {

const leasehold_source_descriptor kTransactionSource =
    LEASEHOLD_SOURCE_DESCRIPTOR([](const leasehold_source* source, const void* data, size_t size) {
      return static_cast<int>(static_cast<const TransactionSource*>(source)->transaction->Contains(data, size));
    });

}  // namespace

ReadTransaction::ReadTransaction(Environment* environment, bool invalidate, Snapshot* snapshot)
    : Transaction(environment, environment->database(), false, &snapshot->seen),
      snapshot_(snapshot),
      map_base_(environment->database()->map_base()),
      invalidate_(invalidate) {
  leasehold_source_init(&leases, &kTransactionSource, nullptr, 0);
  leases.transaction = this;
  leases.expires = invalidate;
  leasehold_source_init(&buffers, nullptr, nullptr, 0);
}

void ReadTransaction::End() {
  if (ended_) return;
  ended_ = true;
  leases.ended = 1;
  environment()->SnapshotUserEnded(snapshot_);
}

ReadTransaction::~ReadTransaction() {
  End();
  leasehold_end(&leases);
  while (leasehold_node* node = leasehold_first(&buffers)) {
    const std::unique_ptr<BufferLease> buffer(static_cast<BufferLease*>(node));
    // Somebody may be reading it still, in the thread pool say.
    if (buffer->mapping) buffer->mapping->CopyPages(SIZE_MAX);
  }
  environment()->ReleaseSnapshot(snapshot_);
}

bool ReadTransaction::Contains(const void* data, size_t size) const {
  const auto at = reinterpret_cast<uintptr_t>(data) - reinterpret_cast<uintptr_t>(map_base_);
  return at <= snapshot_->used_bytes && size <= snapshot_->used_bytes - at;
}

size_t ReadTransaction::WindowExtent(uint32_t index) const {
  const size_t begin = index * kWindowBytes;
  if (begin >= snapshot_->used_bytes) return 0;
  return std::min(kWindowBytes, snapshot_->used_bytes - begin);
}

}  // namespace leasehold
