// What a write transaction can do to a collection, and who is told of it.
#ifndef LEASEHOLD_CORE_CHANGE_H_
#define LEASEHOLD_CORE_CHANGE_H_

#include "contract.h"
#include "core/database/collection.h"
#include "core/expiry/expiry.h"
#include "core/range/range_options.h"
#include "core/status.h"

namespace leasehold {

class WriteTransaction;

enum class ChangeKind : uint32_t {
  kPut = kChangePut,                  // stores a value; where keys can have several, beside the others
  kPutNew = kChangePutNew,            // the same unless the key is there (the pair, where keys can have several values)
  kAppend = kChangeAppend,            // stores an entry behind the last one; kKeyOrder if it belongs elsewhere
  kDelete = kChangeDelete,            // deletes a key with all its values
  kDeleteValue = kChangeDeleteValue,  // deletes one of a key's several values
  kClear = kChangeClear,              // deletes the entries of a range
  kDrop = kChangeDrop,                // deletes the collection itself
  kAdd = kChangeAdd,                  // adds a number to the one that is stored (core/formats/number_value.h)
  kSweep = kChangeSweep,              // deletes some of the values that have expired

  // Conditions on collections with versions. They are answered with 1 if they hold, else with 0.
  kPutIf = kChangePutIf,            // stores a value if the key has this version; 0 is that of a key that is absent
  kDeleteIf = kChangeDeleteIf,      // deletes a key if it has this version
  kCheck = kChangeCheck,            // whether a key has this version
  kCheckRange = kChangeCheckRange,  // whether no key of a range has changed since this version

  // Gives the commit an id, the key, and answers with the tid of the commit; with 0 if a commit since this version has
  // that id already. `collection` is any that has versions.
  kCommitId = kChangeCommitId,
};
constexpr uint32_t kChangeKinds = kChangeCommitId + 1;

// Whether it stores the value that it has.
inline bool IsPut(ChangeKind kind) { return kind <= ChangeKind::kAppend || kind == ChangeKind::kPutIf; }
inline bool IsConditional(ChangeKind kind) { return kind >= ChangeKind::kPutIf; }
// Whether it changes nothing.
inline bool IsCheck(ChangeKind kind) { return kind == ChangeKind::kCheck || kind == ChangeKind::kCheckRange; }

// The bytes belong to the caller.
struct Change {
  ChangeKind kind;
  Collection* collection;
  Slice key = {};    // of kClear and kCheckRange, the upper bound
  Slice value = {};  // of kClear and kCheckRange, the lower bound
  uint32_t range_flags = 0;
  uint64_t limit = kNoLimit;  // of kClear and kSweep
  uint64_t version = 0;       // of a condition
  Expiry expiry = {};         // of a put into a collection whose values expire

  RangeParts range() const { return {range_flags, value, key, limit}; }
};

// Is told of every change of a database, whoever makes it: a call, a batch, an import. Of a change with a condition
// that holds, it is told as of one without. It is called by the thread that writes, in the order of the changes.
class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;
  // Called before a change is applied, so that what the change replaces can still be read. The observer may make
  // changes of its own, of which nobody is told. If the status is not OK, the change is not made and fails with it.
  virtual Status BeforeChange(WriteTransaction* transaction, const Change& change) = 0;
  // Called before an outermost transaction commits. If the status is not OK, the transaction is rolled back and fails
  // with it.
  virtual Status BeforeCommit(WriteTransaction* transaction) = 0;
  // Called after an outermost transaction has ended. `version` is what it committed, 0 if it was rolled back.
  virtual void AfterEnd(uint64_t version) = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_CHANGE_H_
