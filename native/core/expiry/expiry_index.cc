#include "core/expiry/expiry_index.h"

#include <string.h>

#include <algorithm>

#include "core/lmdb/lmdb_map.h"
#include "core/lmdb/lmdb_put.h"
#include "core/lmdb/slices.h"
#include "core/store/write_transaction.h"

namespace leasehold {
namespace {

constexpr size_t kTimeKeyBytes = sizeof(uint64_t);

// The key of an entry.
class EntryKey {
 public:
  EntryKey(uint64_t time, Slice key) : size_(kTimeKeyBytes + std::min(key.size, kIndexedKeyBytes)) {
    StoreBig(time, bytes_);
    memcpy(bytes_ + kTimeKeyBytes, key.data, size_ - kTimeKeyBytes);
  }
  MDB_val val() { return {size_, bytes_}; }

 private:
  const size_t size_;
  uint8_t bytes_[kTimeKeyBytes + kIndexedKeyBytes];
};

Status CheckEntry(MDB_txn* txn, const Collection& collection, const MDB_val& key) {
  const int rc = leasehold_check_bytes(txn, &key);
  if (rc != 0) return Status(rc);
  if (key.mv_size >= kTimeKeyBytes) return Status();
  return Status(kCodec, "the index of times of " + collection.Title() +
                            " is damaged: copy the entries into another collection, and drop this one");
}

uint64_t TimeOf(const MDB_val& key) { return LoadBig<uint64_t>(static_cast<const uint8_t*>(key.mv_data)); }

}  // namespace

std::string ExpiryIndexName(const Collection& collection) { return kExpiryPrefix + collection.name; }

Status FirstDue(Transaction* transaction, const Collection& collection, uint64_t* time) {
  *time = kNever;
  Collection* index;
  Status status = transaction->FindCollection(ExpiryIndexName(collection).c_str(), &index);
  if (!status.ok() || index == nullptr) return status;
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(transaction->txn(), index->dbi, &cursor);
  if (rc != 0) return Status(rc);
  MDB_val key;
  MDB_val value;
  rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  mdb_cursor_close(cursor);
  if (rc != 0) return rc == MDB_NOTFOUND ? Status() : Status(rc);
  status = CheckEntry(transaction->txn(), collection, key);
  if (status.ok()) *time = TimeOf(key);
  return status;
}

Status ExpiryIndex::Open(const Collection& collection) {
  if (of_ == &collection) return Status();
  Close();
  Collection* index;
  // Another program may have dropped the index.
  Status status = transaction_->MakeCollection(ExpiryIndexName(collection).c_str(), 0, &index);
  MDB_dbi dbi;
  bool absent;
  if (status.ok()) status = transaction_->Resolve(index, &dbi, &absent);
  if (status.ok()) status = Status(mdb_cursor_open(transaction_->txn(), dbi, &cursor_));
  if (status.ok()) of_ = &collection;
  return status;
}

void ExpiryIndex::Close() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  cursor_ = nullptr;
  of_ = nullptr;
}

Status ExpiryIndex::Update(const Collection& collection, Slice key, uint64_t old_time, uint64_t time) {
  if (old_time == time || (old_time != kNever && old_time < time)) return Status();
  Status status = Open(collection);
  if (!status.ok()) return status;
  // Records whose keys have the same first bytes may share an entry, so that of a longer key stays.
  if (old_time != kNever && key.size < kIndexedKeyBytes) {
    EntryKey old(old_time, key);
    MDB_val k = old.val();
    const int rc = mdb_del(transaction_->txn(), mdb_cursor_dbi(cursor_), &k, nullptr);
    if (rc != 0 && rc != MDB_NOTFOUND) return Status(rc);
  }
  if (time == kNever) return Status();
  EntryKey entry(time, key);
  MDB_val k = entry.val();
  // LMDB copies its bytes, and memcpy takes no null pointer, even for none.
  MDB_val empty{0, k.mv_data};
  return Status(leasehold_put(cursor_, &k, &empty, 0));
}

Status ExpiryIndex::First(const Collection& collection, MDB_val* key, bool* found) {
  *found = false;
  Status status = Open(collection);
  if (!status.ok()) return status;
  MDB_val value;
  const int rc = mdb_cursor_get(cursor_, key, &value, MDB_FIRST);
  if (rc == MDB_NOTFOUND) return Status();
  status = rc == 0 ? CheckEntry(transaction_->txn(), collection, *key) : Status(rc);
  *found = status.ok();
  return status;
}

Status ExpiryIndex::IsDue(const Collection& collection, uint64_t until, bool* due) {
  MDB_val key;
  Status status = First(collection, &key, due);
  if (*due) *due = TimeOf(key) <= until;
  return status;
}

Status ExpiryIndex::Take(const Collection& collection, uint64_t until, std::string* key, bool* found) {
  MDB_val first;
  Status status = First(collection, &first, found);
  if (*found) *found = TimeOf(first) <= until;
  if (!*found) return status;
  std::string entry(static_cast<const char*>(first.mv_data), first.mv_size);
  *key = entry.substr(kTimeKeyBytes);
  first.mv_data = entry.data();
  return Status(mdb_del(transaction_->txn(), mdb_cursor_dbi(cursor_), &first, nullptr));
}

Status ExpiryIndex::Clear(const Collection& collection) {
  Status status = Open(collection);
  if (!status.ok()) return status;
  const MDB_dbi dbi = mdb_cursor_dbi(cursor_);
  Close();
  return Status(mdb_drop(transaction_->txn(), dbi, 0));
}

}  // namespace leasehold
