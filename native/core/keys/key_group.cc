#include "core/keys/key_group.h"

#include <cerrno>
#include <new>

#include "core/lmdb/lmdb_map.h"
#include "core/lmdb/slices.h"

namespace leasehold {
namespace {

constexpr unsigned kLabelBits = 64;
// MakeRoom tries ranges of 2^4, 2^8, … labels. Of 2^n, (4/3)^n may be taken; this is (4/3)^4.
constexpr unsigned kBitsMore = 4;
constexpr double kCapacityMore = 256.0 / 81;

}  // namespace

int KeyGroup::Open(MDB_dbi dbi) {
  MDB_cursor* cursor;
  const int rc = mdb_cursor_open(txn_, dbi, &cursor);
  if (rc == 0) cursor_.reset(cursor);
  return rc;
}

int KeyGroup::Look(MDB_cursor_op op, MDB_val wanted, Member* member) {
  member->exists = false;
  MDB_val key = wanted;
  int rc = mdb_cursor_get(cursor_.get(), &key, &member->value, op);
  if (rc == MDB_NOTFOUND) return 0;
  if (rc == 0) rc = leasehold_check_bytes(txn_, &key);
  if (rc != 0) return rc;
  if (key.mv_size != LEASEHOLD_LONG_KEY_BYTES || memcmp(key.mv_data, key_->stored().data, LEASEHOLD_FIRST_BYTES) != 0) {
    return 0;
  }
  member->exists = true;
  member->label = LoadBig<uint64_t>(static_cast<const uint8_t*>(key.mv_data) + LEASEHOLD_FIRST_BYTES);
  rc = RevealEntry(txn_, &key, &member->value);
  member->key = ToSlice(key);
  return rc;
}

int KeyGroup::Seek(uint64_t label, Member* member) {
  key_->SetLabel(label);
  return Look(MDB_SET_RANGE, ToVal(key_->stored()), member);
}

int KeyGroup::Last(Member* member) {
  key_->SetLabel(kBehindLabels);
  MDB_val key = ToVal(key_->stored());
  MDB_val value;
  const int rc = mdb_cursor_get(cursor_.get(), &key, &value, MDB_SET_RANGE);
  if (rc != 0 && rc != MDB_NOTFOUND) return rc;
  return Go(rc == 0 ? MDB_PREV : MDB_LAST, member);
}

bool KeyGroup::Tell(const Member& member, GroupPlace* place) const {
  const int order = Compare(member.key, key_->key());
  if (order < 0) {
    place->before = member.label;
  } else if (order > 0) {
    place->behind = member.label;
  } else {
    place->found = true;
    place->label = member.label;
    place->value = member.value;
  }
  return order < 0;
}

int KeyGroup::Find(GroupPlace* place) {
  *place = GroupPlace();
  Member member;
  int rc = Seek(kBeforeLabels, &member);
  if (rc != 0 || !member.exists || !Tell(member, place)) return rc;
  rc = Last(&member);
  if (rc != 0 || !member.exists || Tell(member, place) || place->found) return rc;
  return FindBetween(place);
}

int KeyGroup::FindBetween(GroupPlace* place) {
  uint64_t end = place->behind;  // no key has a label from here to place->behind
  while (end - place->before > 1 && end > place->before) {
    const uint64_t middle = place->before + (end - place->before) / 2;
    Member member;
    int rc = Seek(middle, &member);
    if (rc != 0) return rc;
    if (!member.exists || member.label >= end) {
      end = middle;
      continue;
    }
    const bool is_before = Tell(member, place);
    if (place->found) return 0;
    if (!is_before) end = middle;
    // The key beside it ends the search if the key that is searched is between the two.
    rc = Go(is_before ? MDB_NEXT : MDB_PREV, &member);
    if (rc != 0 || !member.exists) return rc;
    const bool is_next_before = Tell(member, place);
    if (place->found || is_before != is_next_before) return 0;
    if (!is_before) end = member.label;
  }
  return 0;
}

int KeyGroup::Labels(uint64_t first, uint64_t last, std::vector<uint64_t>* labels) {
  labels->clear();
  Member member;
  int rc = Seek(first, &member);
  while (rc == 0 && member.exists && member.label <= last) {
    labels->push_back(member.label);
    rc = Go(MDB_NEXT, &member);
  }
  return rc;
}

int KeyGroup::MakeRoom(const GroupPlace& place) {
  const uint64_t near = place.before != kBeforeLabels ? place.before : place.behind;
  std::vector<uint64_t> labels;
  double capacity = kCapacityMore;
  for (unsigned bits = kBitsMore;; bits += kBitsMore, capacity *= kCapacityMore) {
    const uint64_t mask = UINT64_MAX >> (kLabelBits - bits);
    const uint64_t first = near & ~mask;
    const int rc = Labels(first, first | mask, &labels);
    if (rc != 0) return rc;
    if (bits == kLabelBits || static_cast<double>(labels.size() + 1) <= capacity) {
      return Spread(labels, first, first | mask);
    }
  }
}

// No key gets a label that another one still has: those whose labels rise are changed from the last one on, and then
// those whose labels fall from the first one on.
int KeyGroup::Spread(const std::vector<uint64_t>& labels, uint64_t first, uint64_t last) {
  const uint64_t step = (last - first) / (labels.size() + 1);
  const auto spread = [&](size_t i) { return first + (i + 1) * step; };
  int rc = 0;
  for (size_t i = labels.size(); rc == 0 && i-- > 0;) {
    if (spread(i) > labels[i]) rc = ChangeLabel(labels[i], spread(i));
  }
  for (size_t i = 0; rc == 0 && i < labels.size(); i++) {
    if (spread(i) < labels[i]) rc = ChangeLabel(labels[i], spread(i));
  }
  return rc;
}

int KeyGroup::ChangeLabel(uint64_t from, uint64_t to) {
  key_->SetLabel(from);
  MDB_val key = ToVal(key_->stored());
  MDB_val value;
  int rc = mdb_cursor_get(cursor_.get(), &key, &value, MDB_SET_KEY);
  if (rc == 0) rc = leasehold_check_bytes(txn_, &value);
  if (rc != 0) return rc;
  // LMDB moves what it has when it changes pages.
  const std::unique_ptr<uint8_t[]> copy(new (std::nothrow) uint8_t[value.mv_size]);
  if (!copy) return ENOMEM;
  memcpy(copy.get(), value.mv_data, value.mv_size);
  value.mv_data = copy.get();
  rc = mdb_cursor_del(cursor_.get(), 0);
  if (rc != 0) return rc;
  key_->SetLabel(to);
  key = ToVal(key_->stored());
  return mdb_cursor_put(cursor_.get(), &key, &value, 0);
}

}  // namespace leasehold
