#include "core/store/write_transaction.h"

#include "core/database/reader_slots.h"
#include "core/lmdb/lmdb_handles.h"
#include "core/versions/change_log.h"

namespace leasehold {

Status WriteTransaction::Begin(Environment* environment, Deadline deadline,
                               std::unique_ptr<WriteTransaction>* transaction) {
  if (environment->read_only()) return Status(kReadOnly);
  Database* database = environment->database();
  if (database->writer() == nullptr && !database->batches().Finish(deadline)) return database->WriterBusy();
  return Begin(environment, database, deadline, transaction);
}

Status WriteTransaction::Begin(Database* database, std::unique_ptr<WriteTransaction>* transaction) {
  return Begin(nullptr, database, Deadline(), transaction);
}

Status WriteTransaction::Begin(Environment* environment, Database* database, Deadline deadline,
                               std::unique_ptr<WriteTransaction>* transaction) {
  WriteTransaction* parent = database->writer();
  std::unique_ptr<WriteTransaction> begun(new WriteTransaction(environment, database, parent));
  begun->finished_ = true;  // there is nothing to roll back yet
  Status status;
  if (parent != nullptr) {
    if (!parent->doomed_.ok()) return parent->CheckUsable();
    begun->seen_here_ = parent->seen_here_;
    parent->ClosePutCursor();
    status = Status(mdb_txn_begin(database->env(), parent->txn_, 0, &begun->txn_));
  } else {
    status = database->BeginWrite(deadline, &begun->txn_);
  }
  if (!status.ok()) return status;
  begun->finished_ = false;
  if (parent != nullptr) parent->has_child_ = true;
  database->set_writer(begun.get());
  *transaction = std::move(begun);
  return Status();
}

WriteTransaction::~WriteTransaction() { Abort(); }

Status WriteTransaction::WhyUnusable() const {
  if (finished_) return Status(kTxnEnded);
  if (has_child_) {
    return Status(kBusy, "this write transaction has a child open (an inner env.write()): use the inner one");
  }
  return Status(MDB_BAD_TXN, "an earlier write of this transaction failed (" + doomed_.Name() +
                                 "), so that it can only be rolled back");
}

Status WriteTransaction::Prepare(Collection* collection, Slice key, MDB_dbi* dbi) {
  Status status = CheckUsable();
  if (!status.ok()) return status;
  bool absent;
  status = Resolve(collection, dbi, &absent);
  if (!status.ok()) return status;
  if (absent) {
    return Status(kNoCollection,
                  "there is no collection '" + collection->name +
                      "' any more: it was dropped, or its making was rolled back; env.collection() makes it anew");
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
      return WriteFailure(database()->env(), rc);
  }
}

Status WriteTransaction::Doom(Status status, const Collection& collection) {
  if (status.ok()) return status;
  if (doomed_.ok()) doomed_ = Status(status.code(), "change " + collection.Title() + ": " + status.Message());
  return status.code() == MDB_MAP_FULL ? WriteFailure(database()->env(), MDB_MAP_FULL) : std::move(status);
}

Status WriteTransaction::Drop(Collection* collection) {
  if (collection->is_main())
    return Status(kInvalidArgument, "the unnamed database cannot be dropped: clear() removes what is in it");
  MDB_dbi dbi;
  Status status = Prepare(collection, Slice(), &dbi);
  if (!status.ok()) return status;
  ClosePutCursor();
  const int rc = leasehold_drop(txn_, dbi);
  if (rc == 0) {
    Collections::EndLife(collection, id(), &changes_);
    seen_here_.Clear();
  }
  return Doom(rc, "drop", *collection);
}

Status WriteTransaction::MakeCollection(const char* name, unsigned flags, Collection** collection) {
  Status status = CheckUsable();
  if (status.ok()) status = FindCollection(name, collection);
  if (!status.ok() || *collection != nullptr) return status;
  if (database()->collections().main()->has_duplicates()) {
    return Status(MDB_INCOMPATIBLE,
                  "the unnamed database has the flag MDB_DUPSORT, so that LMDB allows no named ones beside it: use "
                  "env.main");
  }
  ClosePutCursor();
  const int rc = leasehold_make_collection(txn_, name, flags);
  if (rc == MDB_INCOMPATIBLE) return Status(rc, "the unnamed database has an ordinary entry of that name");
  if (rc != 0) {
    doomed_ = Status(rc, std::string("make '") + name + "': " + Status(rc).Message());
    return WriteFailure(database()->env(), rc);
  }
  *collection = database()->collections().BeginLife(name, flags, id(), &changes_);
  seen_here_.Clear();
  MDB_dbi dbi;
  bool absent;
  status = Resolve(*collection, &dbi, &absent);
  if (status.ok() && (*collection)->has_versions()) status = MakeLog(txn_);
  // Another program may have left the index of an older collection of that name.
  if (status.ok() && (*collection)->expires()) status = expiry_index_.Clear(**collection);
  if (!status.ok()) doomed_ = Status(status.code());
  return status;
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
  if (parent_ == nullptr) {
    Status status = TellBeforeCommit();
    if (status.ok()) status = Record();
    if (status.ok()) status = database()->CheckNames();
    if (!status.ok()) {
      Abort();
      return status;
    }
  }
  const uint64_t version = id();
  const int rc = mdb_txn_commit(txn_);
  if (rc != 0) {
    Collections::UndoLives(changes_);
  } else if (parent_ != nullptr) {
    parent_->seen_here_ = std::move(seen_here_);
    parent_->changes_.insert(parent_->changes_.end(), changes_.begin(), changes_.end());
    parent_->notes_.Merge(notes_);
  }
  Status status = WriteFailure(database()->env(), rc);
  Finish(rc == 0 ? version : 0);
  if (!status.ok() || parent_ != nullptr) return status;
  if (tid_ != 0 && told_by_owner_) database()->commits().CommittedBy(environment());
  if (tid_ != 0 && !told_by_owner_) database()->commits().Committed();
  return database()->syncer().AfterCommit();
}

void WriteTransaction::Abort() {
  if (finished_) return;
  // LMDB would free its children, which their owners still use.
  while (has_child_) database()->writer()->Abort();
  ClosePutCursor();
  Collections::UndoLives(changes_);
  mdb_txn_abort(txn_);
  Finish(0);
}

void WriteTransaction::Finish(uint64_t committed) {
  finished_ = true;
  if (parent_ != nullptr) {
    parent_->has_child_ = false;
    database()->set_writer(parent_);
  } else {
    for (ChangeObserver* observer : database()->observers()) observer->AfterEnd(committed);
    database()->EndWrite();
  }
}

}  // namespace leasehold
