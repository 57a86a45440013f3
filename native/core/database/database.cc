#include "core/database/database.h"

#include <algorithm>
#include <utility>

#include "core/database/reader_slots.h"
#include "core/lmdb/lmdb_files.h"
#include "core/lmdb/lmdb_map.h"
#include "core/sync/restore.h"
#include "core/versions/change_log.h"

namespace leasehold {

Status Database::Open(const std::string& path, const OpenOptions& options, std::unique_ptr<Database>* database) {
  MDB_env* env;
  const int rc = mdb_env_create(&env);
  if (rc != 0) return Status(rc);
  std::unique_ptr<Database> opened(new Database(Env(env), path, WithDefaults(options)));
  Status status = opened->OpenEnv();
  if (status.ok()) *database = std::move(opened);
  return status;
}

Database::Database(Env env, const std::string& path, const OpenOptions& options)
    : env_(std::move(env)),
      path_(path),
      options_(options),
      files_(env_.get(), path),
      map_(env_.get()),
      reads_(env_.get(), &map_, &files_),
      collections_(env_.get()),
      write_lock_(env_.get(), &map_) {
  syncer_.Configure(*options.durability, *options.sync_interval);
}

Status Database::OpenEnv() {
  Status restored = RestoreSynced(path_);
  if (!restored.ok()) return restored;
  int rc = mdb_env_set_mapsize(env(), *options_.map_size);
  // Two more for the collections of leasehold's own: the catalog and the log of changes.
  if (rc == 0) rc = mdb_env_set_maxdbs(env(), *options_.max_collections + 2);
  if (rc == 0) rc = mdb_env_set_maxreaders(env(), *options_.max_readers);
  if (rc != 0) return Status(rc);
  Status status = files_.Open(options_);
  if (!status.ok()) return status;
  map_.Attach();
  reads_.Attach();
  commits_.Attach();
  status = OpenChangesHandle(env());
  if (status.ok()) status = CheckExtent();
  if (status.ok()) status = OpenMain();
  // Frees the slots of processes that died.
  return status.ok() ? Status(mdb_reader_check(env(), nullptr)) : status;
}

// LMDB maps a truncated file without complaint, and reading what is missing is a SIGBUS. The size is asked for after
// the version that is compared with it: other processes may commit meanwhile, and a commit makes the file longer before
// it can be seen.
Status Database::CheckExtent() {
  const size_t used = used_bytes();
  if (files_.data_size() >= used) return Status();
  MDB_stat stat;
  MDB_txn* txn;
  Status status = Status(mdb_env_stat(env(), &stat));
  if (status.ok()) status = reads_.Begin(&txn);
  if (!status.ok()) return status;
  const size_t size = files_.data_size();
  const int extent = leasehold_check_extent(txn, size / stat.ms_psize);
  const size_t needed = leasehold_used_bytes(txn);
  reads_.End(txn);
  if (extent == 0) return Status();
  return Status(extent, "data.mdb is truncated: it has " + std::to_string(size) + " bytes of " +
                            std::to_string(needed) + "; restore it from a copy");
}

Status Database::OpenMain() {
  MDB_txn* txn;
  Status status = reads_.Begin(&txn);
  if (!status.ok()) return status;
  status = collections_.OpenMain(txn);
  reads_.End(txn);
  return status;
}

Status Database::Stop() {
  batches_.Stop();
  commits_.Stop();
  locks_.Stop();
  return syncer_.Stop();
}

Status Database::CheckAgreement(const OpenOptions& options) {
  OpenOptions present = options_;
  present.map_size = map_size();
  return leasehold::CheckAgreement(present, options);
}

void Database::Info(MDB_envinfo* info) {
  const MapUse use(&map_);
  mdb_env_info(env(), info);
}

size_t Database::map_size() {
  MDB_envinfo info;
  Info(&info);
  return info.me_mapsize;
}

size_t Database::used_bytes() {
  MDB_envinfo info;
  MDB_stat stat;
  const MapUse use(&map_);
  mdb_env_info(env(), &info);
  mdb_env_stat(env(), &stat);
  return std::min((info.me_last_pgno + 1) * stat.ms_psize, info.me_mapsize);
}

uint64_t Database::last_transaction() const { return leasehold_last_transaction(env()); }

Status Database::BeginWrite(Deadline deadline, MDB_txn** txn) {
  Status status = write_lock_.Begin(deadline, txn);
  if (!status.ok()) return status;
  status = files_.CheckVersion(*txn);
  if (status.ok()) status = syncer_.BeforeWrite(*txn);
  if (!status.ok()) {
    mdb_txn_abort(*txn);
    write_lock_.End();
    return status;
  }
  FreeDeadReaders(*txn);
  return status;
}

Status Database::Resize(size_t map_size, Deadline deadline) {
  return write_lock_.Resize(map_size == 0 ? 0 : RoundToPages(map_size), deadline);
}

}  // namespace leasehold
