// The long keys of a collection that have the same first 503 bytes: finding one, and giving labels.
#ifndef LEASEHOLD_CORE_KEY_GROUP_H_
#define LEASEHOLD_CORE_KEY_GROUP_H_

#include <memory>
#include <vector>

#include "core/keys/stored_key.h"

namespace leasehold {

// Where a key is, or would be, among the others of its group.
struct GroupPlace {
  bool found = false;
  uint64_t label = 0;  // of the key itself, if it was found
  // The labels of the keys directly before and behind it, if it was not found.
  uint64_t before = kBeforeLabels;
  uint64_t behind = kBehindLabels;
  MDB_val value{};  // of the key that was found, without its length and the key before it
};

// Members return LMDB codes.
class KeyGroup {
 public:
  // `key` is long, and one of the group. It outlives this.
  KeyGroup(MDB_txn* txn, StoredKey* key) : txn_(txn), key_(key) {}

  int Open(MDB_dbi dbi);
  // Finds the key by halving the range of labels: in one step if it is the only one of the group, else mostly in about
  // as many as the logarithm of their number; never in more than 64.
  int Find(GroupPlace* place);
  // Changes labels so that there is room between the two at a place where the key was not found. It takes the smallest
  // range of labels around them that is not crowded, and spreads those in it evenly. The larger the range, the less of
  // it may be used, so that each key that is added changes few labels on average, wherever keys are added.
  int MakeRoom(const GroupPlace& place);

 private:
  struct CloseCursor {
    void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
  };
  // A key of the group, on which the cursor stands.
  struct Member {
    bool exists = false;
    uint64_t label;
    Slice key;
    MDB_val value;
  };

  // Goes to the first key with at least this label, to the last key, to the one beside that on which the cursor stands.
  int Seek(uint64_t label, Member* member);
  int Last(Member* member);
  int Go(MDB_cursor_op op, Member* member) { return Look(op, MDB_val{}, member); }
  int Look(MDB_cursor_op op, MDB_val wanted, Member* member);
  // Tells a place of a key of the group. Returns whether that comes before the key that is searched.
  bool Tell(const Member& member, GroupPlace* place) const;
  // Does the work of Find among the keys between two that were told.
  int FindBetween(GroupPlace* place);
  // Gives the labels that are taken, from the one to the other.
  int Labels(uint64_t first, uint64_t last, std::vector<uint64_t>* labels);
  // Spreads keys evenly between two labels.
  int Spread(const std::vector<uint64_t>& labels, uint64_t first, uint64_t last);
  int ChangeLabel(uint64_t from, uint64_t to);

  MDB_txn* const txn_;
  StoredKey* const key_;
  std::unique_ptr<MDB_cursor, CloseCursor> cursor_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_KEY_GROUP_H_
