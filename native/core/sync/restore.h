// Puts the synced version back into a database that was in use when the power went.
#ifndef LEASEHOLD_CORE_RESTORE_H_
#define LEASEHOLD_CORE_RESTORE_H_

#include <string>

#include "core/status.h"

namespace leasehold {

// To be called before a database is opened that this process does not have open. Does nothing unless synced.mdb says
// that the machine was started anew since, or that a sync failed. If it is so, but data.mdb cannot be put back: kBusy
// if another program has the database open; MDB_CORRUPTED if synced.mdb belongs to another data.mdb; EROFS or EACCES if
// files may not be written.
Status RestoreSynced(const std::string& directory);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_RESTORE_H_
