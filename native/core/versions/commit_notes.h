// What a write transaction notes for the record of its commit.
#ifndef LEASEHOLD_CORE_COMMIT_NOTES_H_
#define LEASEHOLD_CORE_COMMIT_NOTES_H_

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/database/collection.h"
#include "core/versions/changed_keys.h"

namespace leasehold {

// A record has at most so many keys and so many bytes of them. Of a commit that changes more, it has bounds.
constexpr size_t kMostKeys = 10000;
constexpr size_t kMostKeyBytes = size_t{1} << 20;

class CommitNotes {
 public:
  using Collections = std::map<std::string, ChangedKeys>;

  void AddKey(const Collection& collection, Slice key);
  void AddRange(const Collection& collection, const RangeParts& range) { Of(collection)->AddRange(range); }
  void AddDrop(const Collection& collection) { Of(collection)->AddDrop(); }
  // The id that its caller has given to a commit; several batches that commit together have one each.
  void AddId(std::string id) { ids_.push_back(std::move(id)); }
  bool HasId(const std::string& id) const { return std::find(ids_.begin(), ids_.end(), id) != ids_.end(); }
  // Adds what a child transaction has noted, which has committed.
  void Merge(const CommitNotes& child);

  // Whether nothing was changed.
  bool empty() const { return collections_.empty(); }
  // Whether a key of the collection between these bounds may have changed.
  bool Touches(const std::string& collection, const RangeParts& range) const;

  // To be called before a record is made of this: the keys are sorted from now on, and not more than a record can have.
  void Finish() { Limit(); }
  const Collections& collections() const { return collections_; }
  const std::vector<std::string>& ids() const { return ids_; }

 private:
  ChangedKeys* Of(const Collection& collection);
  void Limit();

  Collections collections_;  // by name
  std::vector<std::string> ids_;
  const Collection* last_ = nullptr;  // whose keys `last_keys_` has
  ChangedKeys* last_keys_ = nullptr;
  // What was added since Limit last ran.
  size_t keys_added_ = 0;
  size_t bytes_added_ = 0;
  bool bounds_only_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_COMMIT_NOTES_H_
