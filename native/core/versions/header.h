// What stands before the values of a collection with flags of leasehold's own: big-endian numbers. First the number of
// the commit that wrote the value, if the collection has versions; then the time after which the value is absent, if
// its values expire.
#ifndef LEASEHOLD_CORE_HEADER_H_
#define LEASEHOLD_CORE_HEADER_H_

#include <lmdb.h>

#include "core/database/collection.h"
#include "core/versions/big_endian.h"

namespace leasehold {

struct Header {
  uint64_t tid = 0;
  uint64_t time = 0;  // in ms since 1970; 0 for a value that does not expire
};

// Writes the `collection.header_bytes` bytes of a header.
inline void WriteHeader(const Collection& collection, const Header& header, uint8_t* to) {
  if (collection.has_versions()) {
    StoreBig(header.tid, to);
    to += kTidBytes;
  }
  if (collection.expires()) StoreBig(header.time, to);
}

// The number of the commit that wrote a value; `value` is where the value begins, behind its header. The collection
// has versions.
inline uint64_t TidBefore(const Collection& collection, const uint8_t* value) {
  return LoadBig<uint64_t>(value - collection.header_bytes);
}

// Changes what is stored under a key into the value: takes the header off. False for fewer bytes than a header has: the
// value is damaged.
inline bool SkipHeader(size_t header_bytes, MDB_val* stored) {
  if (stored->mv_size < header_bytes) return false;
  stored->mv_data = static_cast<uint8_t*>(stored->mv_data) + header_bytes;
  stored->mv_size -= header_bytes;
  return true;
}

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_HEADER_H_
