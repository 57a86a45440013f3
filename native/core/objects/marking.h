// Finds out which objects of a store nothing reaches: what `store.collect()` deletes. docs/format.md draws the records.
#ifndef LEASEHOLD_CORE_MARKING_H_
#define LEASEHOLD_CORE_MARKING_H_

#include <chrono>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/objects/object_ids.h"
#include "core/rows/rows.h"
#include "core/store/transaction.h"

namespace leasehold {

// Says now and then whether the time of a slice is over: a look at the clock takes as long as reading a few entries.
class SliceClock {
 public:
  using Until = std::chrono::steady_clock::time_point;

  explicit SliceClock(Until until) : until_(until) {}
  bool IsOver() { return ++calls_ % kCalls == 0 && std::chrono::steady_clock::now() >= until_; }

 private:
  static constexpr unsigned kCalls = 32;

  const Until until_;
  unsigned calls_ = 0;
};

// The collections of a store. A row belongs to the object whose id begins its key, and counts as a part of it.
struct ObjectCollections {
  Collection* objects;
  Collection* items;
};

// Reads nothing but ids: those of objects, of the owners of rows, and the references at the end of each value. Works in
// slices. Each step is called, always with a transaction of the same version, until it says that it is done:
//
// 1. List the objects that there are, and which of them own rows. Objects that are made later are no garbage.
// 2. Mark what the root reaches.
// 3. For each later version that is to count, add what was written since the last one (AddCommits; AddWritten if the
// log
//    of changes does not tell), and Mark again. What a later commit has written or refers to is no garbage, and neither
//    is what that reaches.
//
// Belongs to no transaction and no environment: it has only numbers.
class Marking {
 public:
  using Until = SliceClock::Until;

  explicit Marking(uint64_t root) : root_(root) {}
  Marking(const Marking&) = delete;
  Marking& operator=(const Marking&) = delete;

  Status List(Transaction* transaction, ObjectCollections of, Until until, bool* done);
  Status Mark(Transaction* transaction, ObjectCollections of, Until until, bool* done);

  // Adds what the commits after `*tid` have written, up to the transaction's version, and sets `*tid` to the last one
  // that it has added. `*told` is false if the log does not tell what the next one has written: then AddWritten is to
  // be called.
  Status AddCommits(Transaction* transaction, ObjectCollections of, Until until, uint64_t* tid, bool* told);
  // Adds all values with a tid above `tid`.
  Status AddWritten(Transaction* transaction, ObjectCollections of, uint64_t tid, Until until, bool* done);

  // If the references of this object, or of a row of it, cannot be read, it counts as having none. Without that, they
  // are kCodec, since what they refer to must not be deleted.
  void Skip(uint64_t id) { skipped_.insert(id); }
  // The object for which a step has returned kCodec; 0 if there is none.
  uint64_t damaged() const { return damaged_; }

  uint64_t listed() const { return listed_; }
  uint64_t reached() const { return reached_; }

  // Appends the pages of ids that have garbage, from page `from` on, at most `most`: each is its number (u64,
  // big-endian) and its bits, that of the first id lowest in the first byte.
  void Garbage(uint64_t from, size_t most, std::string* pages) const;

 private:
  // Where a walk through a collection goes on.
  struct Place {
    bool in_items = false;
    std::string after;  // the last key that was read; empty at the beginning
  };

  Status ListObjects(Transaction* transaction, Collection* objects, SliceClock* clock, bool* done);
  Status ListOwners(Transaction* transaction, Collection* items, SliceClock* clock, bool* done);
  Status Visit(Transaction* transaction, ObjectCollections of, uint64_t id);
  Status VisitRows(Transaction* transaction, Collection* items, Until until, bool* done);
  Status AddKey(Transaction* transaction, Collection* collection, bool is_row, Slice key);
  // Adds the object of a record, or the owner of a row.
  void AddOwner(bool is_row, Slice key);
  // Marks an object, to be visited.
  void Reach(uint64_t id);
  Status ReachAll(uint64_t owner, Slice value);

  const uint64_t root_;
  mutable ObjectIds ids_;
  uint64_t listed_ = 0;
  uint64_t reached_ = 0;
  uint64_t damaged_ = 0;
  std::unordered_set<uint64_t> skipped_;
  bool begun_ = false;             // whether the root was marked
  std::vector<uint64_t> pending_;  // marked and not visited yet
  uint64_t owner_ = 0;             // whose rows are being visited; 0 if none
  std::string row_;                // the last of its rows that was read
  Place place_;                    // of List and AddWritten
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_MARKING_H_
