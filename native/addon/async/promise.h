// The promise of a native call, which is made before anything else in the call.
#ifndef LEASEHOLD_ADDON_ASYNC_PROMISE_H_
#define LEASEHOLD_ADDON_ASYNC_PROMISE_H_

#include <utility>

#include "addon/node_addon_api.h"

namespace leasehold {

// Settles a promise, once. Raw Node-API: Napi::Promise::Deferred does not say whether the promise was made. In a thread
// that is being terminated it cannot be made, and no exception says so.
class Deferred {
 public:
  Deferred() = default;
  Deferred(Napi::Env env, napi_value* promise) : env_(env) {
    if (napi_create_promise(env_, &deferred_, promise) != napi_ok) deferred_ = nullptr;
  }

  // Whether there is a promise to settle.
  explicit operator bool() const { return deferred_ != nullptr; }
  // Node-API refuses these in a thread that is being terminated. Nobody waits for the promise there any more.
  void Resolve(napi_value value) const { napi_resolve_deferred(env_, deferred_, value); }
  void Reject(napi_value error) const { napi_reject_deferred(env_, deferred_, error); }

 private:
  napi_env env_ = nullptr;
  napi_deferred deferred_ = nullptr;
};

// The promise of a call. Making it calls the program's hooks of node:async_hooks, which may close the environment. So
// it is made first, and everything else is looked up after that. Node-API keeps a promise until it is settled. So if
// the call fails before Take, the destructor fulfils the promise, which JavaScript has never got.
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

  // Whether the promise was made.
  bool ok() const { return static_cast<bool>(deferred_); }
  Napi::Promise value() const { return Napi::Promise(env_, value_); }
  // Takes the promise out: the caller must settle it.
  Deferred Take() { return std::exchange(deferred_, Deferred()); }

 private:
  const Napi::Env env_;
  napi_value value_ = nullptr;
  Deferred deferred_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_ASYNC_PROMISE_H_
