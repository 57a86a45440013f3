// A JavaScript object that native code knows and does not keep alive.
#ifndef LEASEHOLD_ADDON_WEAK_H_
#define LEASEHOLD_ADDON_WEAK_H_

#include "addon/node_addon_api.h"

namespace leasehold {

// Whether the collector has left the object of a weak reference.
inline bool IsReachable(const Napi::ObjectReference& reference) {
  // An empty one has no Napi::Env: a handle scope without one ends the process.
  if (reference.IsEmpty()) return false;
  const Napi::HandleScope scope(reference.Env());
  return !reference.Value().IsEmpty();
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_WEAK_H_
