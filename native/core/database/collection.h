// A named database of an environment, as all threads of the process share it.
#ifndef LEASEHOLD_CORE_COLLECTION_H_
#define LEASEHOLD_CORE_COLLECTION_H_

#include <lmdb.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace leasehold {

// The handle of no collection: LMDB has it for its list of free pages.
constexpr MDB_dbi kNoHandle = 0;
// The handle of the unnamed database.
constexpr MDB_dbi kMainHandle = 1;
// The handle of the log of changes (core/versions/change_log.h), which is no Collection.
constexpr MDB_dbi kChangesHandle = 2;
constexpr MDB_dbi kFirstHandle = 3;

constexpr uint64_t kNoVersion = UINT64_MAX;

// Persistent flags of leasehold's own, beside those of LMDB. LMDB keeps the bits in the record of the database and
// reads none of them.
constexpr unsigned kVersionsFlag = 0x1000;  // the commit that wrote a value stands before it (kTidBytes)
constexpr unsigned kExpiresFlag = 0x2000;   // the time after which a value is absent stands before it (kTimeBytes)
constexpr unsigned kAnyKeysFlag = 0x4000;   // keys of any length
constexpr unsigned kOwnFlags = kVersionsFlag | kExpiresFlag | kAnyKeysFlag;

// What stands before a value: big-endian numbers, in this order.
constexpr uint32_t kTidBytes = 8;
constexpr uint32_t kTimeBytes = 8;
constexpr uint32_t HeaderBytes(unsigned flags) {
  return ((flags & kVersionsFlag) != 0 ? kTidBytes : 0) + ((flags & kExpiresFlag) != 0 ? kTimeBytes : 0);
}

// One life of a named database: from when it was made to when it was dropped. A database that is made again under the
// same name is another Collection: what was opened before the drop never reads what came after it, which may have other
// codecs. The name and the flags do not change.
//
// Versions are LMDB's transaction ids. A write transaction sets `since` and `until` to its own id as soon as it makes
// or drops a collection, and restores `until` if it is rolled back. That is safe, since nobody else can see its version
// before it has committed.
struct Collection {
  Collection(std::string name_, unsigned flags_, uint64_t since_)
      : name(std::move(name_)), flags(flags_), header_bytes(HeaderBytes(flags_)), since(since_) {}

  const std::string name;                   // empty: the unnamed database
  const unsigned flags;                     // persistent LMDB flags
  const uint32_t header_bytes;              // how many bytes stand before each value
  const uint64_t since;                     // the first version that can have it
  std::atomic<uint64_t> until{kNoVersion};  // the first version that does not have it any more
  // If lost flags were restored at `since` (WriteTransaction::RestoreFlags): these flags, and the first version that
  // can have the collection without them. Its values had their headers all the time.
  unsigned restored_flags = 0;
  uint64_t restored_from = kNoVersion;
  // Taken when a transaction first uses the collection. Given up once the collection is dropped, if another one needs a
  // handle.
  std::atomic<MDB_dbi> dbi{kNoHandle};

  bool is_main() const { return name.empty(); }
  bool has_duplicates() const { return (flags & MDB_DUPSORT) != 0; }
  bool has_versions() const { return (flags & kVersionsFlag) != 0; }
  bool expires() const { return (flags & kExpiresFlag) != 0; }
  bool has_any_keys() const { return (flags & kAnyKeysFlag) != 0; }
  // The first version that can have it, whatever flags its record has there.
  uint64_t oldest() const { return restored_flags != 0 ? restored_from : since; }
  // What its record says in a version.
  unsigned FlagsAt(uint64_t version) const { return version < since ? flags & ~restored_flags : flags; }
  // Whether keys have one value each, and both are stored as they are given.
  bool is_plain() const { return (flags & (MDB_DUPSORT | kOwnFlags)) == 0; }
  // Whether a version has the collection, as far as this process knows.
  bool LivesAt(uint64_t version) const { return since <= version && version < until; }
  // The collection as messages of errors name it.
  std::string Title() const { return is_main() ? "the unnamed database" : "'" + name + "'"; }
};

// The collections that a transaction has found to exist, by their handles, so that it looks each up once.
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
