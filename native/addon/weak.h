// A JavaScript object that native code knows and does not keep alive.
#ifndef LEASEHOLD_ADDON_WEAK_H_
#define LEASEHOLD_ADDON_WEAK_H_

#include "addon/node_addon_api.h"

namespace leasehold {

// Whether the collector has left the object of a weak reference.
inline bool IsReachable(const Napi::ObjectReference& reference) {
  const Napi::HandleScope scope(reference.Env());
  return !reference.Value().IsEmpty();
}

class WeakObject {
 public:
  WeakObject(napi_env env, napi_value object) : env_(env) { napi_create_reference(env, object, 0, &reference_); }
  ~WeakObject() { napi_delete_reference(env_, reference_); }
  WeakObject(const WeakObject&) = delete;
  WeakObject& operator=(const WeakObject&) = delete;

  // Null once the object cannot be reached. Needs a handle scope.
  napi_value Get() const {
    napi_value object = nullptr;
    napi_get_reference_value(env_, reference_, &object);
    return object;
  }
  bool IsReachable() const {
    napi_handle_scope scope;
    napi_open_handle_scope(env_, &scope);
    const bool reachable = Get() != nullptr;
    napi_close_handle_scope(env_, scope);
    return reachable;
  }

 private:
  napi_env const env_;
  napi_ref reference_ = nullptr;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_WEAK_H_
