#include <algorithm>

#include "core/lmdb_access.h"
#include "core/transaction.h"

namespace leasehold {

Status WriteTransaction::Begin(Environment* environment, std::unique_ptr<WriteTransaction>* transaction) {
  if (environment->read_only()) return Status(kReadOnly);
  Database* database = environment->database();
  if (database->writer() == nullptr) database->batches().Finish();
  return Begin(environment, database, transaction);
}

Status WriteTransaction::Begin(Database* database, std::unique_ptr<WriteTransaction>* transaction) {
  return Begin(nullptr, database, transaction);
}

Status WriteTransaction::Begin(Environment* environment, Database* database,
                               std::unique_ptr<WriteTransaction>* transaction) {
  WriteTransaction* parent = database->writer();
  std::unique_ptr<WriteTransaction> begun(new WriteTransaction(environment, database, parent));
  begun->finished_ = true;  // until there is something to roll back
  Status status;
  if (parent != nullptr) {
    if (!parent->doomed_.ok()) return parent->CheckUsable();
    begun->handle_epoch_ = parent->handle_epoch_;
    begun->dropped_ = parent->dropped_;
    parent->ClosePutCursor();
    status = Status(mdb_txn_begin(database->env(), parent->txn_, 0, &begun->txn_));
  } else {
    // Read first: a handle opened while this waits for the lock may be usable or not, and is refused.
    begun->handle_epoch_ = database->handle_epoch();
    status = database->BeginWrite(&begun->txn_);
  }
  if (!status.ok()) return status;
  begun->finished_ = false;
  if (parent != nullptr) parent->has_child_ = true;
  database->SetWriter(begun.get());
  *transaction = std::move(begun);
  return Status();
}

WriteTransaction::~WriteTransaction() { Abort(); }

Status WriteTransaction::CheckUsable() const {
  if (finished_) return Status(kTxnEnded);
  if (has_child_) {
    return Status(kBusy, "this write transaction has a child open (an inner env.write()): use the inner one");
  }
  if (!doomed_.ok()) {
    return Status(MDB_BAD_TXN, "an earlier write of this transaction failed (" + doomed_.Name() +
                                   "), so that it can only be rolled back");
  }
  return Status();
}

bool WriteTransaction::IsDropped(const Collection* collection) const {
  return collection->dbi == kNoHandle || std::find(dropped_.begin(), dropped_.end(), collection) != dropped_.end();
}

Status WriteTransaction::Resolve(Collection* collection, MDB_dbi* dbi, bool* absent) {
  *absent = false;
  *dbi = collection->dbi;
  if (collection->is_main()) {
    // LMDB would go by the order of the values that it took down for this handle.
    unsigned flags = 0;
    const int rc = mdb_dbi_flags(txn_, *dbi, &flags);
    if (rc != 0 || ((flags ^ collection->flags) & MDB_DUPSORT) == 0) return Status(rc);
    return Status(MDB_INCOMPATIBLE,
                  "another program has changed the flags of the unnamed database: open the environment again");
  }
  if (IsDropped(collection)) {
    *absent = true;
    return Status();
  }
  if (handle_epoch_ < collection->epoch) {
    return Status(kBusy, "the collection '" + collection->name +
                             "' was opened after this write transaction had begun: open it before env.write()");
  }
  if (std::find(present_.begin(), present_.end(), collection) != present_.end()) return Status();
  // Another process may have dropped it: LMDB would not notice before it had written to pages that are free.
  if (!leasehold_has_collection(txn_, collection->name.c_str(), collection->flags)) {
    *absent = true;
    return Status();
  }
  present_.push_back(collection);
  return Status();
}

Status WriteTransaction::Prepare(Collection* collection, Slice key, MDB_dbi* dbi) {
  Status status = CheckUsable();
  if (!status.ok()) return status;
  bool absent;
  status = Resolve(collection, dbi, &absent);
  if (!status.ok()) return status;
  if (absent) {
    return Status(kNoCollection,
                  "the collection '" + collection->name + "' was dropped: make it again with env.collection()");
  }
  return collection->is_main() && key.size > 0 ? CheckNoCollectionRecord(*dbi, key) : Status();
}

Status WriteTransaction::CheckNoCollectionRecord(MDB_dbi main, Slice key) const {
  MDB_cursor* cursor;
  int rc = mdb_cursor_open(txn_, main, &cursor);
  if (rc != 0) return Status(rc);
  MDB_val wanted = ToVal(key);
  MDB_val value;
  rc = mdb_cursor_get(cursor, &wanted, &value, MDB_SET_KEY);
  const bool is_record = rc == 0 && leasehold_is_collection(cursor);
  mdb_cursor_close(cursor);
  if (rc != 0 && rc != MDB_NOTFOUND) return Status(rc);
  if (!is_record) return Status();
  return Status(kInvalidArgument, "this key of the unnamed database is the record of a collection: use the collection");
}

Status WriteTransaction::Doom(int rc, const char* tried, const Collection& collection) {
  switch (rc) {
    case 0:
      return Status();
    case MDB_KEYEXIST:
    case MDB_NOTFOUND:
    case MDB_BAD_VALSIZE:
      return Status(rc);
    default:
      doomed_ = Status(rc, std::string(tried) + " " + collection.Title() + ": " + Status(rc).Message());
      return Status(rc);
  }
}

Status WriteTransaction::Put(Collection* collection, Slice key, Slice value, unsigned flags, bool* inserted) {
  MDB_dbi dbi;
  Status status = CheckKeySize(key);
  if (status.ok()) status = Prepare(collection, key, &dbi);
  if (!status.ok()) return status;
  if (collection->has_duplicates()) {
    status = CheckPairSize(value);
    if (!status.ok()) return status;
    if ((flags & MDB_APPEND) == 0) return PutPair(collection, dbi, key, value, inserted);
    *inserted = true;
    return AppendPair(collection, dbi, key, value);
  }
  if (value.size > kMostValueBytes) {
    return Status(kValueSize,
                  "the value has " + std::to_string(value.size) + " bytes, more than the collection can store");
  }
  MDB_val k = ToVal(key);
  MDB_val v = ToVal(value);
  const int rc = flags == 0 ? PutByCursor(dbi, key, value) : mdb_put(txn_, dbi, &k, &v, flags);
  *inserted = rc == 0;
  if (rc == MDB_KEYEXIST && (flags & MDB_APPEND) != 0) return Status(kKeyOrder);
  if (rc == MDB_KEYEXIST) return Status();
  return Doom(rc, "put into", *collection);
}

int WriteTransaction::PutByCursor(MDB_dbi dbi, Slice key, Slice value) {
  if (put_cursor_ == nullptr || mdb_cursor_dbi(put_cursor_) != dbi) {
    ClosePutCursor();
    const int rc = mdb_cursor_open(txn_, dbi, &put_cursor_);
    if (rc != 0) return rc;
  }
  MDB_val k = ToVal(key);
  MDB_val v = ToVal(value);
  return leasehold_put(put_cursor_, &k, &v);
}

void WriteTransaction::ClosePutCursor() {
  if (put_cursor_ != nullptr) mdb_cursor_close(put_cursor_);
  put_cursor_ = nullptr;
}

Status WriteTransaction::Delete(Collection* collection, Slice key, bool* found) {
  MDB_dbi dbi;
  *found = false;
  Status status = CheckKeySize(key);
  if (status.ok()) status = Prepare(collection, key, &dbi);
  if (!status.ok()) return status;
  MDB_val k = ToVal(key);
  const int rc = mdb_del(txn_, dbi, &k, nullptr);
  *found = rc == 0;
  return rc == MDB_NOTFOUND ? Status() : Doom(rc, "del from", *collection);
}

Status WriteTransaction::Clear(Collection* collection) {
  MDB_dbi dbi;
  Status status = Prepare(collection, Slice(), &dbi);
  if (!status.ok()) return status;
  if (collection->is_main()) {
    MDB_cursor* cursor;
    int rc = mdb_cursor_open(txn_, dbi, &cursor);
    if (rc != 0) return Status(rc);
    MDB_val key;
    MDB_val value;
    bool has_records = false;
    while (!has_records && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
      has_records = leasehold_is_collection(cursor);
    }
    mdb_cursor_close(cursor);
    if (has_records) {
      return Status(kInvalidArgument,
                    "the unnamed database holds the records of collections, so it cannot be cleared: drop those first");
    }
  }
  ClosePutCursor();
  return Doom(mdb_drop(txn_, dbi, 0), "clear", *collection);
}

Status WriteTransaction::Drop(Collection* collection) {
  if (collection->is_main())
    return Status(kInvalidArgument, "the unnamed database cannot be dropped: clear() removes what is in it");
  MDB_dbi dbi;
  Status status = Prepare(collection, Slice(), &dbi);
  if (!status.ok()) return status;
  ClosePutCursor();
  const int rc = leasehold_drop(txn_, dbi);
  if (rc == 0) dropped_.push_back(collection);
  return Doom(rc, "drop", *collection);
}

Status WriteTransaction::Commit() {
  if (finished_) return Status(kTxnEnded);
  if (has_child_) return Status(kBusy, "a child of this write transaction is open");
  if (!doomed_.ok()) {
    Status doomed = doomed_;
    Abort();
    return doomed;
  }
  ClosePutCursor();
  const int rc = mdb_txn_commit(txn_);
  if (rc == 0 && parent_ != nullptr) parent_->dropped_ = dropped_;
  if (rc == 0 && parent_ == nullptr) {
    for (Collection* collection : dropped_) collection->dropped = true;
  }
  Finish();
  return Status(rc);
}

void WriteTransaction::Abort() {
  if (finished_) return;
  // LMDB would free the transactions of its children.
  while (has_child_) database()->writer()->Abort();
  ClosePutCursor();
  mdb_txn_abort(txn_);
  Finish();
}

void WriteTransaction::Finish() {
  finished_ = true;
  if (parent_ != nullptr) {
    parent_->has_child_ = false;
    database()->SetWriter(parent_);
  } else {
    database()->EndWrite();
  }
}

}  // namespace leasehold
