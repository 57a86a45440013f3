// How a write transaction changes a collection whose keys have one value each.
#include <string.h>

#include "core/keys/stored_key.h"
#include "core/lmdb/lmdb_put.h"
#include "core/store/write_transaction.h"
#include "core/versions/header.h"

namespace leasehold {

Status WriteTransaction::Put(const Change& change, unsigned flags, uint64_t* answer) {
  MDB_dbi dbi;
  Status status = CheckKeySize(*change.collection, change.key);
  if (status.ok()) status = Prepare(change.collection, change.key, &dbi);
  if (!status.ok()) return status;
  if (!change.collection->is_plain()) [[unlikely]]
    return PutNotPlain(change, dbi, kNever, flags, answer);
  MDB_val key = ToVal(change.key);
  MDB_val value = ToVal(change.value);
  return PutStored(change, dbi, &key, &value, flags, answer);
}

Status WriteTransaction::PutNotPlain(const Change& change, MDB_dbi dbi, uint64_t time, unsigned flags,
                                     uint64_t* answer) {
  const Collection& collection = *change.collection;
  if (collection.has_duplicates()) {
    return (flags & MDB_APPEND) != 0 ? AppendPair(change, dbi, answer) : PutPair(change, dbi, answer);
  }
  if (!collection.has_any_keys()) return PutWithHeader(change, dbi, nullptr, time, flags, answer);
  StoredKey any(change.key);
  Status status;
  if (any.is_long()) status = Doom(MakeLabel(txn_, dbi, &any), "put into", collection);
  return status.ok() ? PutWithHeader(change, dbi, &any, time, flags, answer) : status;
}

Status WriteTransaction::PutWithHeader(const Change& change, MDB_dbi dbi, const StoredKey* any, uint64_t time,
                                       unsigned flags, uint64_t* answer) {
  const Collection& collection = *change.collection;
  const size_t lead = any != nullptr ? any->lead() : 0;
  const size_t header = lead + collection.header_bytes;
  Header written{.time = time};
  Status status;
  if (collection.has_versions()) status = Tid(&written.tid);
  if (!status.ok()) return status;
  MDB_val key = ToVal(any != nullptr ? any->stored() : change.key);
  MDB_val value{header + change.value.size, const_cast<uint8_t*>(change.value.data)};
  // With a header, LMDB only makes room: so that no second copy of the value is made to put the two together.
  if (header > 0) flags |= MDB_RESERVE;
  status = PutStored(change, dbi, &key, &value, flags, answer);
  if (header > 0 && *answer == 1) {
    auto* stored = static_cast<uint8_t*>(value.mv_data);
    if (lead > 0) any->WriteLead(stored);
    WriteHeader(collection, written, stored + lead);
    if (change.value.size > 0) memcpy(stored + header, change.value.data, change.value.size);
  }
  return status;
}

Status WriteTransaction::PutStored(const Change& change, MDB_dbi dbi, MDB_val* key, MDB_val* value, unsigned flags,
                                   uint64_t* answer) {
  if (value->mv_size > kMostValueBytes) {
    return Status(kValueSize,
                  "the value has " + std::to_string(change.value.size) + " bytes, more than the collection can store");
  }
  const int rc =
      (flags & MDB_APPEND) == 0 ? PutByCursor(dbi, key, value, flags) : mdb_put(txn_, dbi, key, value, flags);
  *answer = rc == 0 ? 1 : 0;
  if (rc == 0) return Status();
  if (rc == MDB_KEYEXIST) return (flags & MDB_APPEND) != 0 ? Status(kKeyOrder) : Status();
  return Doom(rc, "put into", *change.collection);
}

int WriteTransaction::PutByCursor(MDB_dbi dbi, MDB_val* key, MDB_val* value, unsigned flags) {
  const int rc = OpenPutCursor(dbi);
  return rc != 0 ? rc : leasehold_put(put_cursor_, key, value, flags);
}

int WriteTransaction::OpenPutCursor(MDB_dbi dbi) {
  if (put_cursor_ != nullptr && mdb_cursor_dbi(put_cursor_) == dbi) return 0;
  if (put_cursor_ != nullptr) mdb_cursor_close(put_cursor_);
  put_cursor_ = nullptr;
  return mdb_cursor_open(txn_, dbi, &put_cursor_);
}

void WriteTransaction::ClosePutCursor() {
  if (put_cursor_ != nullptr) mdb_cursor_close(put_cursor_);
  put_cursor_ = nullptr;
  expiry_index_.Close();
}

Status WriteTransaction::Delete(const Change& change, uint64_t* answer) {
  const Collection& collection = *change.collection;
  MDB_dbi dbi;
  Status status = CheckKeySize(collection, change.key);
  if (status.ok()) status = Prepare(change.collection, change.key, &dbi);
  if (!status.ok()) return status;
  if (!collection.has_any_keys()) return DeleteStored(change, dbi, change.key, answer);
  StoredKey any(change.key);
  const int rc = any.is_long() ? FindLabel(txn_, dbi, &any) : 0;
  if (rc != 0) return rc == MDB_NOTFOUND ? Status() : Doom(rc, "del from", collection);
  return DeleteStored(change, dbi, any.stored(), answer);
}

Status WriteTransaction::DeleteStored(const Change& change, MDB_dbi dbi, Slice key, uint64_t* answer) {
  MDB_val k = ToVal(key);
  const int rc = mdb_del(txn_, dbi, &k, nullptr);
  *answer = rc == 0 ? 1 : 0;
  return rc == 0 || rc == MDB_NOTFOUND ? Status() : Doom(rc, "del from", *change.collection);
}

}  // namespace leasehold
