// A Slice as LMDB's functions take it, and what they give as a Slice.
#ifndef LEASEHOLD_CORE_SLICES_H_
#define LEASEHOLD_CORE_SLICES_H_

#include <lmdb.h>

#include "core/status.h"

namespace leasehold {

inline MDB_val ToVal(Slice slice) { return MDB_val{slice.size, const_cast<uint8_t*>(slice.data)}; }
inline Slice ToSlice(const MDB_val& val) { return Slice{static_cast<const uint8_t*>(val.mv_data), val.mv_size}; }

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SLICES_H_
