// A promise that a call gives, made before anything else of the call.
#ifndef LEASEHOLD_ADDON_ASYNC_PROMISE_H_
#define LEASEHOLD_ADDON_ASYNC_PROMISE_H_

#include <utility>

#include "addon/node_addon_api.h"

namespace leasehold {

// By which a promise is settled, once. Raw Node-API: Napi::Promise::Deferred does not tell whether the promise could be
// made. In a thread that is being terminated it cannot, and no exception says so.
class Deferred {
 public:
  Deferred() = default;
  Deferred(Napi::Env env, napi_value* promise) : env_(env) {
    if (napi_create_promise(env_, &deferred_, promise) != napi_ok) deferred_ = nullptr;
  }

  // Whether there is a promise to settle.
  explicit operator bool() const { return deferred_ != nullptr; }
  // Refused where the thread is being terminated: nobody waits there any more.
  void Resolve(napi_value value) const { napi_resolve_deferred(env_, deferred_, value); }
  void Reject(napi_value error) const { napi_reject_deferred(env_, deferred_, error); }

 private:
  napi_env env_ = nullptr;
  napi_deferred deferred_ = nullptr;
};

// The promise of a call. Making it calls the program: its hooks of node:async_hooks may close the environment. So it is
// made first, and everything else is looked up after it. If nobody takes it over, because the call fails, it is
// fulfilled in the end, since Node-API holds a promise until it is settled.
class Promise {
 public:
  explicit Promise(Napi::Env env) : env_(env), deferred_(env, &value_) {}
  ~Promise() {
    if (!deferred_) return;
    Napi::Error error;
    if (env_.IsExceptionPending()) error = env_.GetAndClearPendingException();
    deferred_.Resolve(env_.Undefined());
    if (!error.IsEmpty()) error.ThrowAsJavaScriptException();
  }
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;

  // Whether it could be made.
  bool ok() const { return static_cast<bool>(deferred_); }
  Napi::Promise value() const { return Napi::Promise(env_, value_); }
  // Leaves it to the caller to settle it.
  Deferred Take() { return std::exchange(deferred_, Deferred()); }

 private:
  const Napi::Env env_;
  napi_value value_ = nullptr;
  Deferred deferred_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_ASYNC_PROMISE_H_
