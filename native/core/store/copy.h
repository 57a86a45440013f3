// A copy of a database in another directory, made by a thread of its own while the database is read and written.
#ifndef LEASEHOLD_CORE_COPY_H_
#define LEASEHOLD_CORE_COPY_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "core/database/database.h"
#include "core/files/new_file.h"
#include "core/thread.h"

namespace leasehold {

// The copy is of the newest version when it begins, as one reader slot holds it; no writer waits for it. It is written
// to a file without a name (or with one of its own), flushed to the disk, and only then named data.mdb: whatever
// happens, a data.mdb is a whole one. Without `compact` it is page for page what the database is; with it, free pages
// are left out.
class Copy {
 public:
  // Begins it. `done` is called once, by the copying thread. kInvalidArgument if there is a data.mdb at the target, and
  // what the system says of making a file there. `directory` is absolute, and `database` stays open meanwhile.
  static Status Start(Database* database, const std::string& directory, bool compact, std::function<void(Status)> done,
                      std::unique_ptr<Copy>* copy);
  // Stops it if it is under way, with kEnvClosed, and waits for the thread.
  ~Copy();
  // The same without waiting, so that several can be stopped at once.
  void Stop();

  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

 private:
  Copy(Database* database, const std::string& directory, bool compact);

  Status OpenFile();
  Status Run();
  Status WriteCompact();
  Status WritePages();

  Database* const database_;
  const std::string directory_;
  const bool compact_;
  NewFile file_;
  Descriptor nowhere_;  // cannot be written to
  std::atomic<bool> stopped_{false};
  Thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_COPY_H_
