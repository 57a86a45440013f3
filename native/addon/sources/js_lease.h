// A lease of a JavaScript object, which it refers to weakly.
#ifndef LEASEHOLD_ADDON_JS_LEASE_H_
#define LEASEHOLD_ADDON_JS_LEASE_H_

#include "addon/addon.h"
#include "addon/weak.h"
#include "core/memory/lease.h"

namespace leasehold {

class JsLease final : public Lease {
 public:
  JsLease(Napi::Env env, napi_value js_object) : object(Napi::Weak(Napi::Object(env, js_object))) {}

  // A scan makes and forgets one for every few dozen rows: their memory is kept for the next ones.
  static void* operator new(size_t size);
  static void operator delete(void* memory);

  bool IsReachable() override { return leasehold::IsReachable(object); }

  const Napi::ObjectReference object;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_JS_LEASE_H_
