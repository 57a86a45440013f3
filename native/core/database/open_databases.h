// The databases that this process has open, each of them once.
#ifndef LEASEHOLD_CORE_OPEN_DATABASES_H_
#define LEASEHOLD_CORE_OPEN_DATABASES_H_

#include <string>

#include "core/database/open_options.h"
#include "core/status.h"

namespace leasehold {

class Database;

// LMDB forbids opening a file twice in a process. So the databases stand in one list by their files, which is the only
// state that is global to the process, and each is counted. Safe to call from any thread.
//
// Opens the database in a directory, or gives the one that is open. It stays open until the matching ReleaseDatabase.
Status OpenDatabase(const std::string& path, const OpenOptions& options, Database** database);

// Gives one OpenDatabase back. The caller's transactions must have ended. The last one closes the database, whatever
// becomes of what is brought to the disk first; the status tells that.
Status ReleaseDatabase(Database* database);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OPEN_DATABASES_H_
