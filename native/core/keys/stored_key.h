// A key as a collection with keys of any length stores it: see core/keys/reveal_key.h.
#ifndef LEASEHOLD_CORE_STORED_KEY_H_
#define LEASEHOLD_CORE_STORED_KEY_H_

#include <string.h>

#include <string>

#include "core/keys/reveal_key.h"
#include "core/rows/range_bound.h"
#include "core/versions/big_endian.h"

namespace leasehold {

// The largest key. A record of the log of changes has so many bytes of keys before it has only bounds.
constexpr size_t kMostAnyKeyBytes = size_t{1} << 20;

// Labels stand between these two, which no key has.
constexpr uint64_t kBeforeLabels = 0;
constexpr uint64_t kBehindLabels = UINT64_MAX;

class StoredKey {
 public:
  // `key` outlives this. A long key has no label yet.
  explicit StoredKey(Slice key) : key_(key), stored_(key) {
    const bool is_zero = leasehold_only_zeros(key.data, key.size) != 0;
    const size_t size = key.size + (is_zero ? 1 : 0);
    is_long_ = size > LEASEHOLD_FIRST_BYTES;
    if (!is_zero && !is_long_) return;
    const size_t first = is_long_ ? LEASEHOLD_FIRST_BYTES : size;
    if (key.size > 0) memcpy(bytes_, key.data, key.size < first ? key.size : first);
    if (is_zero && !is_long_) bytes_[key.size] = 0;
    stored_ = Slice{bytes_, is_long_ ? LEASEHOLD_LONG_KEY_BYTES : size};
    if (is_long_) SetLabel(kBeforeLabels);
  }
  StoredKey(const StoredKey&) = delete;
  StoredKey& operator=(const StoredKey&) = delete;

  bool is_long() const { return is_long_; }
  // The key itself.
  Slice key() const { return key_; }
  void SetLabel(uint64_t label) { StoreBig(label, bytes_ + LEASEHOLD_FIRST_BYTES); }
  Slice stored() const { return stored_; }
  // How many bytes stand before the header of the value, and what writes them.
  size_t lead() const { return is_long_ ? LEASEHOLD_LENGTH_BYTES + key_.size : 0; }
  void WriteLead(uint8_t* to) const {
    if (!is_long_) return;
    StoreBig(static_cast<uint32_t>(key_.size), to);
    memcpy(to + LEASEHOLD_LENGTH_BYTES, key_.data, key_.size);
  }

 private:
  const Slice key_;
  Slice stored_;
  bool is_long_;
  uint8_t bytes_[LEASEHOLD_LONG_KEY_BYTES];
};

// leasehold_reveal_key for an entry in the map of whose key the bytes were checked. MDB_CORRUPTED if it is damaged.
int RevealEntry(MDB_txn* txn, MDB_val* key, MDB_val* value);
// Finds the value of a key, without its length and the key before it. An LMDB code.
int FindStored(MDB_txn* txn, MDB_dbi dbi, Slice key, MDB_val* value);
// Finds the label of a long key. MDB_NOTFOUND if the key is absent.
int FindLabel(MDB_txn* txn, MDB_dbi dbi, StoredKey* key);
// Finds the label of a long key, or gives it one, for which the labels of others may be changed. After an error they
// may be half changed.
int MakeLabel(MDB_txn* txn, MDB_dbi dbi, StoredKey* key);

// Changes a bound of keys into a bound of stored keys, which is the same place until the collection changes.
// `is_upper`: entries before it are wanted.
int StoreBound(MDB_txn* txn, MDB_dbi dbi, const RangeBound& bound, bool is_upper, RangeBound* stored);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_STORED_KEY_H_
