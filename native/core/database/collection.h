// A named database of an environment, as every thread of the process shares it.
#ifndef LEASEHOLD_CORE_COLLECTION_H_
#define LEASEHOLD_CORE_COLLECTION_H_

#include <lmdb.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace leasehold {

// No collection's handle: LMDB's own, of its list of free pages.
constexpr MDB_dbi kNoHandle = 0;
// That of the unnamed database.
constexpr MDB_dbi kMainHandle = 1;
constexpr MDB_dbi kFirstHandle = 2;

constexpr uint64_t kNoVersion = UINT64_MAX;

// One life of a named database: from when it was made to when it was dropped. One that is made again under the name is
// another Collection, so that what was opened before the drop never reads what came after it, which may have other
// codecs. The name and the flags do not change.
//
// Versions are LMDB's transaction ids. A write transaction sets `since` and `until` to its own as soon as it makes or
// drops a collection, and takes that back if it is rolled back: nobody else can see its version before it has
// committed.
struct Collection {
  Collection(std::string name_, unsigned flags_, uint64_t since_)
      : name(std::move(name_)), flags(flags_), since(since_) {}

  const std::string name;                   // empty: the unnamed database
  const unsigned flags;                     // persistent LMDB flags
  const uint64_t since;                     // the first version that can have it
  std::atomic<uint64_t> until{kNoVersion};  // the first version that does not have it any more
  // Taken when a transaction first finds the collection. Given up once it is dropped, if another needs one.
  std::atomic<MDB_dbi> dbi{kNoHandle};

  bool is_main() const { return name.empty(); }
  bool has_duplicates() const { return (flags & MDB_DUPSORT) != 0; }
  // Whether a version is one of those between its making and its dropping, as far as this process knows.
  bool LivesAt(uint64_t version) const { return since <= version && version < until; }
  // For errors.
  std::string Title() const { return is_main() ? "the unnamed database" : "'" + name + "'"; }
};

// The collections that a transaction has found to exist, so that each is looked up once.
class SeenCollections {
 public:
  bool Has(const Collection* collection, MDB_dbi dbi) const {
    return dbi < by_handle_.size() && by_handle_[dbi] == collection;
  }
  void Add(const Collection* collection, MDB_dbi dbi) {
    if (dbi >= by_handle_.size()) by_handle_.resize(dbi + 1);
    by_handle_[dbi] = collection;
  }
  void Clear() { by_handle_.clear(); }

 private:
  std::vector<const Collection*> by_handle_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_COLLECTION_H_
