// Flags of leasehold's own that a collection has lost: mdb_dump and mdb_load keep only those of LMDB.
#include "core/lmdb/lmdb_handles.h"
#include "core/store/write_transaction.h"

namespace leasehold {

Status WriteTransaction::RestoreFlags(Collection* collection, unsigned flags, Collection** restored) {
  MDB_dbi dbi;
  Status status = Prepare(collection, Slice(), &dbi);
  if (!status.ok()) return status;
  if (collection->is_main() || collection->has_duplicates()) {
    return Status(kInvalidArgument, "it can have no flags but those of LMDB");
  }
  ClosePutCursor();
  status = Doom(leasehold_add_flags(txn_, dbi, flags & kOwnFlags), "restore the flags of", *collection);
  if (!status.ok()) return status;
  *restored = database()->collections().BeginLife(collection->name.c_str(), collection->flags | (flags & kOwnFlags),
                                                  id(), &changes_);
  seen_here_.Clear();
  return Status();
}

}  // namespace leasehold
