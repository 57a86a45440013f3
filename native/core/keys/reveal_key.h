// How a collection with keys of any length (kAnyKeysFlag) stores keys, of which LMDB takes 1 to 511 bytes each.
//
// - The empty key, and a key that has only zeros, are stored with one more zero.
// - A key that has more than 503 bytes then is long. Stored are its first 503 bytes and a label of 8 bytes, big-endian.
//   The value begins with the length of the key (4 bytes, big-endian) and the key itself; the value's header follows.
// - All other keys are stored as they are.
//
// The long keys with the same first 503 bytes are a group. Their labels are numbers in the order of the keys: so LMDB
// has all keys in their order, and what goes through a range need not sort. core/keys/key_group.h gives the labels.
#ifndef LEASEHOLD_CORE_REVEAL_KEY_H_
#define LEASEHOLD_CORE_REVEAL_KEY_H_

#include <lmdb.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEASEHOLD_LABEL_BYTES 8
#define LEASEHOLD_FIRST_BYTES 503
#define LEASEHOLD_LONG_KEY_BYTES (LEASEHOLD_FIRST_BYTES + LEASEHOLD_LABEL_BYTES)
// The bytes of the length before a long key.
#define LEASEHOLD_LENGTH_BYTES 4

static inline int leasehold_only_zeros(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (bytes[i] != 0) return 0;
  }
  return 1;
}

// Changes a key and a value as they are stored into the key itself, and what stands behind it in the value. Of the key
// that is stored all bytes must be readable; of the value, if the key is long. Returns 0 if they are damaged.
static inline int leasehold_reveal_key(MDB_val *key, MDB_val *value) {
  const uint8_t *stored = (const uint8_t *)key->mv_data;
  if (key->mv_size != LEASEHOLD_LONG_KEY_BYTES) {
    if (key->mv_size == 0 || key->mv_size > LEASEHOLD_FIRST_BYTES) return 0;
    if (leasehold_only_zeros(stored, key->mv_size)) {
      key->mv_data = (void *)(stored + 1);
      key->mv_size--;
    }
    return 1;
  }
  const uint8_t *at = (const uint8_t *)value->mv_data;
  if (value->mv_size < LEASEHOLD_LENGTH_BYTES) return 0;
  const size_t length = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
  const size_t left = value->mv_size - LEASEHOLD_LENGTH_BYTES;
  if (length < LEASEHOLD_FIRST_BYTES || length > left) return 0;
  key->mv_data = (void *)(at + LEASEHOLD_LENGTH_BYTES);
  key->mv_size = length;
  value->mv_data = (void *)(at + LEASEHOLD_LENGTH_BYTES + length);
  value->mv_size = left - length;
  return 1;
}

#ifdef __cplusplus
}
#endif

#endif  // LEASEHOLD_CORE_REVEAL_KEY_H_
