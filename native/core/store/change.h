// What a write transaction can do to a collection, and who is told of it.
#ifndef LEASEHOLD_CORE_CHANGE_H_
#define LEASEHOLD_CORE_CHANGE_H_

#include "contract.h"
#include "core/database/collection.h"
#include "core/range/range_options.h"
#include "core/status.h"

namespace leasehold {

class WriteTransaction;

enum class ChangeKind : uint32_t {
  kPut = kChangePut,                  // stores a value; where keys can have several, beside the others
  kPutNew = kChangePutNew,            // the same unless the key is there; where keys can have several values, the pair
  kAppend = kChangeAppend,            // the same behind the last entry: kKeyOrder
  kDelete = kChangeDelete,            // deletes a key with all its values
  kDeleteValue = kChangeDeleteValue,  // deletes one of a key's several values
  kClear = kChangeClear,              // deletes the entries of a range
  kDrop = kChangeDrop,                // deletes the collection itself
};
constexpr uint32_t kChangeKinds = kChangeDrop + 1;

struct Change {
  ChangeKind kind;
  Collection* collection;
  Slice key = {};    // of kClear, the upper bound
  Slice value = {};  // of kClear, the lower bound
  uint32_t range_flags = 0;
  uint64_t limit = kNoLimit;

  RangeParts range() const { return {range_flags, value, key, limit}; }
};

// Is told of every change of a database, whoever makes it: a call, a batch, an import. The calls come from the thread
// that writes, in the order of the changes.
class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;
  // Before a change is applied: what it replaces can still be read. It may make changes of its own, of which nobody is
  // told. The change fails with a status that is not OK.
  virtual Status BeforeChange(WriteTransaction* transaction, const Change& change) = 0;
  // Before an outermost transaction commits, which fails with a status that is not OK.
  virtual Status BeforeCommit(WriteTransaction* transaction) = 0;
  // After an outermost transaction has ended. `version` is what it committed, 0 if it was rolled back.
  virtual void AfterEnd(uint64_t version) = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_CHANGE_H_
