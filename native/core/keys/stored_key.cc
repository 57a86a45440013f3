#include "core/keys/stored_key.h"

#include "core/keys/key_group.h"
#include "core/lmdb/lmdb_get.h"
#include "core/lmdb/lmdb_map.h"
#include "core/lmdb/slices.h"

namespace leasehold {
namespace {

// How far apart the labels of keys are that are added behind all others of a group, or before them.
constexpr uint64_t kLabelStep = uint64_t{1} << 32;

// A label between those of two neighbours; 0 if there is none.
uint64_t LabelBetween(uint64_t before, uint64_t behind) {
  if (before != kBeforeLabels && behind == kBehindLabels && behind - before > kLabelStep) return before + kLabelStep;
  if (before == kBeforeLabels && behind != kBehindLabels && behind > kLabelStep) return behind - kLabelStep;
  const uint64_t gap = behind - before;
  return gap < 2 ? 0 : before + gap / 2 + gap % 2;
}

int FindPlace(MDB_txn* txn, MDB_dbi dbi, StoredKey* key, GroupPlace* place) {
  KeyGroup group(txn, key);
  const int rc = group.Open(dbi);
  return rc != 0 ? rc : group.Find(place);
}

}  // namespace

int RevealEntry(MDB_txn* txn, MDB_val* key, MDB_val* value) {
  if (key->mv_size == LEASEHOLD_LONG_KEY_BYTES) {
    const int rc = leasehold_check_bytes(txn, value);
    if (rc != 0) return rc;
  }
  return leasehold_reveal_key(key, value) ? 0 : MDB_CORRUPTED;
}

int FindStored(MDB_txn* txn, MDB_dbi dbi, Slice key, MDB_val* value) {
  StoredKey stored(key);
  if (!stored.is_long()) {
    MDB_val wanted = ToVal(stored.stored());
    return leasehold_get(txn, dbi, &wanted, value);
  }
  GroupPlace place;
  const int rc = FindPlace(txn, dbi, &stored, &place);
  *value = place.value;
  return rc != 0 || place.found ? rc : MDB_NOTFOUND;
}

int FindLabel(MDB_txn* txn, MDB_dbi dbi, StoredKey* key) {
  GroupPlace place;
  const int rc = FindPlace(txn, dbi, key, &place);
  key->SetLabel(place.label);
  return rc != 0 || place.found ? rc : MDB_NOTFOUND;
}

int MakeLabel(MDB_txn* txn, MDB_dbi dbi, StoredKey* key) {
  KeyGroup group(txn, key);
  GroupPlace place;
  int rc = group.Open(dbi);
  if (rc == 0) rc = group.Find(&place);
  while (rc == 0 && !place.found && (place.label = LabelBetween(place.before, place.behind)) == 0) {
    rc = group.MakeRoom(place);
    if (rc == 0) rc = group.Find(&place);
  }
  key->SetLabel(place.label);
  return rc;
}

int StoreBound(MDB_txn* txn, MDB_dbi dbi, const RangeBound& bound, bool is_upper, RangeBound* stored) {
  stored->exists = bound.exists;
  stored->open = bound.open;
  if (!bound.exists) return 0;
  StoredKey key(bound.KeyBytes());
  if (key.is_long()) {
    GroupPlace place;
    const int rc = FindPlace(txn, dbi, &key, &place);
    if (rc != 0) return rc;
    // The place of an absent key is that of the first one behind it, without it.
    if (!place.found) stored->open = is_upper;
    key.SetLabel(place.found ? place.label : place.behind);
  }
  stored->key.assign(reinterpret_cast<const char*>(key.stored().data), key.stored().size);
  return 0;
}

}  // namespace leasehold
