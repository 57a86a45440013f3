// Weak references to JavaScript objects.
#ifndef LEASEHOLD_ADDON_WEAK_H_
#define LEASEHOLD_ADDON_WEAK_H_

#include "addon/node_addon_api.h"

namespace leasehold {

// Whether the object of a weak reference has not been collected.
inline bool IsReachable(const Napi::ObjectReference& reference) {
  // An empty reference has no Napi::Env, and a handle scope without one ends the process.
  if (reference.IsEmpty()) return false;
  const Napi::HandleScope scope(reference.Env());
  return !reference.Value().IsEmpty();
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_WEAK_H_
