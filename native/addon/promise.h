// A promise that a call gives, made before anything else of the call.
#ifndef LEASEHOLD_ADDON_PROMISE_H_
#define LEASEHOLD_ADDON_PROMISE_H_

#include <node_api.h>

namespace leasehold {

// Making a promise calls the program: its hooks of node:async_hooks may close the environment. So it is made first, and
// everything else is looked up after it. If the call does not take it, it is settled in the end: until then Node-API
// holds it.
class Promise {
 public:
  explicit Promise(napi_env env) : env_(env) {
    if (napi_create_promise(env, &deferred_, &value_) != napi_ok) deferred_ = nullptr;
  }
  ~Promise() {
    if (deferred_ == nullptr) return;
    bool pending = false;
    napi_value exception;
    napi_is_exception_pending(env_, &pending);
    if (pending) napi_get_and_clear_last_exception(env_, &exception);
    napi_value undefined;
    napi_get_undefined(env_, &undefined);
    napi_resolve_deferred(env_, deferred_, undefined);
    if (pending) napi_throw(env_, exception);
  }
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;

  // Whether it could be made.
  bool ok() const { return deferred_ != nullptr; }
  napi_value value() const { return value_; }
  // By which somebody else settles it.
  napi_deferred deferred() const { return deferred_; }
  void Take() { deferred_ = nullptr; }

 private:
  napi_env const env_;
  napi_deferred deferred_ = nullptr;
  napi_value value_ = nullptr;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_PROMISE_H_
