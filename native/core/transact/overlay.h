// What an optimistic transaction has written and read.
#ifndef LEASEHOLD_CORE_OVERLAY_H_
#define LEASEHOLD_CORE_OVERLAY_H_

#include <lmdb.h>

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/store/change.h"
#include "core/store/write_batch.h"
#include "core/transact/arena.h"
#include "core/transact/key_ranges.h"

namespace leasehold {

class ReadTransaction;

// An optimistic transaction is a read transaction with an Overlay: it reads its snapshot and, before that, its own
// writes. It holds no lock. At its end the writes become one batch, which begins with checks that nobody has changed
// what it has read and written since its snapshot.
//
// Only collections with versions can be used, and for reading the collections in which leasehold itself remembers
// something. Belongs to the thread of its transaction, and must be destroyed before it. Bytes that it gives stay where
// they are until it is destroyed, so that rows and joins can refer to them.
class Overlay {
 public:
  struct Write {
    bool deleted = false;
    // Behind a header that says that no commit has written the value yet (its tid is 0), and when the value expires.
    Slice value = {};
    // If all that was done is to add to a number: what was added. Then `value` is the sum, and the batch adds again.
    // Nobody has to read the number for that, so it is checked only if it was read.
    Slice added = {};
    // The commit that wrote what the snapshot has under this key; 0 if it has nothing.
    uint64_t version = 0;
    // The key is in a range that the transaction has cleared. The whole range is checked, so the key need not be.
    bool in_cleared = false;

    bool only_adds() const { return added.data != nullptr; }
    // By how many entries the write changes what the transaction sees, beside what clearing ranges changes.
    int difference() const { return (deleted ? 0 : 1) - (version != 0 && !in_cleared ? 1 : 0); }
  };
  using Writes = std::map<std::string_view, Write>;

  // All of one collection.
  struct Work {
    explicit Work(Collection* its_collection) : collection(its_collection) {}
    Collection* const collection;
    Writes writes;
    // Ranges that have no entries but those in `writes`.
    KeyRanges cleared;
    // The keys that were read from the snapshot, each with its version there; and the ranges.
    std::map<std::string_view, uint64_t> read_keys;
    KeyRanges read_ranges;
  };

  // `notes_reads`: whether reads are checked at the end (serializable), or only writes (snapshot isolation).
  Overlay(ReadTransaction* transaction, bool notes_reads) : transaction_(transaction), notes_reads_(notes_reads) {}
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  // Gives what belongs to a collection; null for a collection of leasehold's own, which is read as the snapshot has it.
  // kInvalidArgument for a collection without versions.
  Status Use(Collection* collection, Work** work);

  // As Transaction::Get.
  Status Get(Collection* collection, Slice key, MDB_val* value);
  // Counts what the transaction sees, and notes the range as read. `options` is not reverse.
  Status Count(Work* work, const RangeOptions& options, uint64_t* count);
  // Makes a change that only this transaction sees. Answers as WriteTransaction::Apply. kInvalidArgument for kinds of
  // changes that cannot wait; ENOMEM.
  Status Apply(const Change& change, uint64_t* answer);
  // Notes that a range was read.
  void NoteRange(Work* work, KeyRange range) {
    if (notes_reads_) work->read_ranges.Add(std::move(range));
  }

  // Remembers what is written by now. Each call is ended by one of EndMark; the last one that was made ends first.
  void Mark() { marks_.push_back(undo_.size()); }
  // Ends the last mark: keeps what was written since, or takes it back. What was read stays noted: it may have decided
  // what the program does next. kInvalidArgument if there is no mark.
  Status EndMark(bool take_back);
  // The commit checks that a key that was written has another version than that of the snapshot. kInvalidArgument if
  // the key was not written.
  Status Expect(Collection* collection, Slice key, uint64_t version);

  bool has_writes() const;
  // Makes the batch of all checks and writes. The overlay must have writes. ENOMEM.
  Status MakeBatch(WriteBatch* batch) const;

 private:
  // What a change has replaced since the first mark.
  struct Undo {
    Work* work;
    std::string_view key;
    // The write of the key; nothing if there was none.
    std::optional<Write> write;
    // For a clear, in place of a key: the ranges that were cleared before.
    std::optional<KeyRanges> cleared;
  };

  // To be called before a write is added or changed.
  void NoteUndo(Work* work, std::string_view key, const Write* write) {
    if (!marks_.empty()) undo_.push_back({work, key, write == nullptr ? std::nullopt : std::optional(*write), {}});
  }
  // Removes the writes of a range and clears it.
  void ClearRange(Work* work, KeyRange range);
  Status CheckPut(const Change& change) const;
  Status Put(Work* work, const Change& change);
  Status Add(Work* work, const Change& change);
  Status PutNew(Work* work, const Change& change, uint64_t* answer);
  Status Delete(Work* work, Slice key, uint64_t* answer);
  Status CheckVersion(Work* work, const Change& change, uint64_t* holds);
  Status Clear(Work* work, const RangeParts& range, uint64_t* count);
  // Finds the write of a key, or begins one that is to be filled in.
  Status BeginWrite(Work* work, Slice key, Write** write);
  Status NoteKey(Work* work, Slice key, uint64_t version);
  // Gives the version of a key in the snapshot, 0 if it is absent there.
  Status StoredVersion(Work* work, Slice key, uint64_t* version);
  // Counts what the snapshot has in a range.
  Status CountStored(Work* work, const KeyRange& range, uint64_t* count);
  // The time that a put gives to its value, where values expire.
  Status FindTime(const Change& change, uint64_t* time);
  // A copy of bytes, and of a value with its header before it; `data` is null if there is no memory.
  Slice Copy(Slice bytes);
  Slice Copy(Slice value, const Collection& collection, uint64_t time);

  ReadTransaction* const transaction_;
  const bool notes_reads_;
  Arena arena_;
  std::map<Collection*, Work> works_;
  // For each mark, how long `undo_` was.
  std::vector<size_t> marks_;
  std::vector<Undo> undo_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OVERLAY_H_
