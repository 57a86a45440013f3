// A named database of an environment, as every thread of the process shares it.
#ifndef LEASEHOLD_CORE_COLLECTION_H_
#define LEASEHOLD_CORE_COLLECTION_H_

#include <lmdb.h>

#include <atomic>
#include <string>

namespace leasehold {

// No collection's handle: LMDB's own, of its list of free pages.
constexpr MDB_dbi kNoHandle = 0;

// LMDB's handles are per environment and unsafe to open late: a transaction that began before a handle was opened
// cannot use it, and one opened inside it can take the slot of another. So handles are opened by Database alone, in
// short transactions of their own, and each remembers when. A dropped collection keeps its handle until no transaction
// can be using it; a new one of the same name gets a later epoch.
struct Collection {
  std::string name;  // empty: the unnamed database
  std::atomic<MDB_dbi> dbi{kNoHandle};
  std::atomic<unsigned> flags{0};    // persistent LMDB flags
  std::atomic<uint64_t> epoch{0};    // Database::handle_epoch when the handle was opened
  std::atomic<bool> dropped{false};  // a committed transaction has dropped it

  bool is_main() const { return name.empty(); }
  bool has_duplicates() const { return (flags & MDB_DUPSORT) != 0; }
  // For errors.
  std::string Title() const { return is_main() ? "the unnamed database" : "'" + name + "'"; }
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_COLLECTION_H_
