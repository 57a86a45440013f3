// The native part of a JavaScript Lease, to which it refers weakly.
#ifndef LEASEHOLD_ADDON_JS_LEASE_H_
#define LEASEHOLD_ADDON_JS_LEASE_H_

#include "addon/addon.h"
#include "addon/weak.h"
#include "core/memory/lease.h"

namespace leasehold {

class JsLease final : public Lease {
 public:
  JsLease(Napi::Env env, napi_value js_object) : object(Napi::Weak(Napi::Object(env, js_object))) {}

  // An iteration makes and deletes a lease for every few dozen rows. So their memory is kept for the next ones.
  static void* operator new(size_t size);
  static void operator delete(void* memory);

  bool IsReachable() override { return leasehold::IsReachable(object); }

  const Napi::ObjectReference object;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_JS_LEASE_H_
