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

// The copy is of the version that is the newest when the copy begins. One reader slot holds that version; no writer
// waits. The copy is written to a NewFile, which is named data.mdb only once it is whole and on the disk. Without
// `compact` the copy has the same pages as the database; with it, free pages are left out.
class Copy {
 public:
  // Begins a copy to an existing directory, given by its absolute path. `done` is called once, by the copying thread.
  // kInvalidArgument if the directory has a data.mdb; an errno if no file can be made there. The database stays open
  // until the Copy is destroyed.
  static Status Start(Database* database, const std::string& directory, bool compact, std::function<void(Status)> done,
                      std::unique_ptr<Copy>* copy);
  // Stops the copy and waits for the thread.
  ~Copy();
  // Has a copy that is under way fail with kEnvClosed soon. Does not wait, so that several can be stopped at once.
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
