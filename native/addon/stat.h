// The statistics that LMDB has of a collection or an environment.
#ifndef LEASEHOLD_ADDON_STAT_H_
#define LEASEHOLD_ADDON_STAT_H_

#include <lmdb.h>

#include "addon/results.h"

namespace leasehold {

// The fields are those of CollectionStat in lib/native/stat.ts.
inline Napi::Value FromStat(Napi::Env env, const MDB_stat& stat) {
  return FromNumbers(env, {{"pageSize", stat.ms_psize},
                           {"depth", stat.ms_depth},
                           {"branchPages", stat.ms_branch_pages},
                           {"leafPages", stat.ms_leaf_pages},
                           {"overflowPages", stat.ms_overflow_pages},
                           {"entries", stat.ms_entries}});
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_STAT_H_
