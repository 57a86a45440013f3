#include "core/database/open_databases.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "core/database/database.h"

namespace leasehold {
namespace {

struct OpenEntry {
  std::unique_ptr<Database> database;
  int references = 1;
  bool closing = false;
};

class OpenList {
 public:
  Status Open(const std::string& path, const OpenOptions& options, Database** database);
  Status Release(Database* database);

 private:
  Status Reopen(OpenEntry* entry, const FilePair& files, const OpenOptions& options) const;
  std::vector<OpenEntry>::iterator EntryOf(const FilePair& files);

  std::mutex mutex_;  // held while a database is opened or closed, guards what follows
  std::condition_variable closed_;
  std::vector<OpenEntry> entries_;
};

// Never destroyed: threads may still be closing their handles while the process ends.
OpenList& TheOpenList() {
  static auto* list = new OpenList;
  return *list;
}

// One file in common is enough.
std::vector<OpenEntry>::iterator OpenList::EntryOf(const FilePair& files) {
  return std::find_if(entries_.begin(), entries_.end(), [&](const OpenEntry& entry) {
    const FilePair& opened = entry.database->files().opened();
    return (files.data != FileId() && opened.data == files.data) ||
           (files.lock != FileId() && opened.lock == files.lock);
  });
}

Status OpenList::Open(const std::string& path, const OpenOptions& options, Database** database) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return Status(errno);
  if (!S_ISDIR(info.st_mode)) return Status(ENOTDIR);
  std::unique_lock lock(mutex_);
  FilePair files;
  auto found = entries_.end();
  for (;;) {
    Status status = DatabaseFiles::Look(path, options.read_only, &files);
    if (!status.ok()) return status;
    found = EntryOf(files);
    if (found == entries_.end() || !found->closing) break;
    closed_.wait(lock);
  }
  if (found != entries_.end()) {
    *database = found->database.get();
    return Reopen(&*found, files, options);
  }
  OpenEntry entry;
  Status status = Database::Open(path, options, &entry.database);
  if (!status.ok()) return status;
  *database = entry.database.get();
  entries_.push_back(std::move(entry));
  return Status();
}

Status OpenList::Reopen(OpenEntry* entry, const FilePair& files, const OpenOptions& options) const {
  if (entry->database->files().opened().data != files.data) {
    return Status(kBusy, "this process has the database open as '" + entry->database->path() +
                             "', and data.mdb has been replaced or deleted since: close it first");
  }
  Status status = entry->database->CheckAgreement(options);
  if (status.ok()) entry->references++;
  return status;
}

Status OpenList::Release(Database* database) {
  const auto find = [&] {
    return std::find_if(entries_.begin(), entries_.end(),
                        [database](const OpenEntry& entry) { return entry.database.get() == database; });
  };
  std::unique_lock lock(mutex_);
  const auto entry = find();
  if (--entry->references > 0) return Status();
  // The last batches may have to wait for the write lock, and nobody who opens another database should wait with them.
  entry->closing = true;
  lock.unlock();
  Status stopped = database->Stop();
  lock.lock();
  entries_.erase(find());
  closed_.notify_all();
  return stopped;
}

}  // namespace

Status OpenDatabase(const std::string& path, const OpenOptions& options, Database** database) {
  return TheOpenList().Open(path, options, database);
}

Status ReleaseDatabase(Database* database) { return TheOpenList().Release(database); }

}  // namespace leasehold
