#include "addon/async/mailbox.h"

#include <utility>

namespace leasehold {
namespace {

// Whether a threadsafe function was made and has not been closed.
template <class Waker>
bool IsOpen(const Waker& waker) {
  return static_cast<napi_threadsafe_function>(waker) != nullptr;
}

}  // namespace

std::shared_ptr<Mailbox> Mailbox::Make(Napi::Env env) {
  auto mailbox = std::make_shared<Mailbox>();
  // At the end of the thread, Node calls Wake once more. So the function's finalizer keeps the mailbox until then.
  mailbox->wake_ = Waker::New(env, "leasehold", 0, 1, mailbox.get(), [mailbox](Napi::Env, void*, Mailbox*) {});
  if (!IsOpen(mailbox->wake_)) {
    env.GetAndClearPendingException();
    return nullptr;
  }
  mailbox->wake_.Unref(env);
  return mailbox;
}

void Mailbox::Expect(Napi::Env env) {
  expected_++;
  const std::lock_guard lock(mutex_);
  if (expected_ == 1 && IsOpen(wake_)) wake_.Ref(env);
}

void Mailbox::Post(Message message, bool expected, bool more) {
  const std::lock_guard lock(mutex_);
  if (!IsOpen(wake_)) return;
  waiting_.push_back({std::move(message), expected});
  // One call delivers all waiting messages. It is made under the lock, so that Close cannot free the function during
  // it.
  if (more || woken_) return;
  woken_ = true;
  wake_.NonBlockingCall();
}

void Mailbox::Close() {
  std::vector<Posted> dropped;
  const std::lock_guard lock(mutex_);
  if (!IsOpen(wake_)) return;
  wake_.Abort();
  wake_ = Waker();
  dropped.swap(waiting_);
}

void Mailbox::Wake(Napi::Env env, Napi::Function, Mailbox* mailbox, void*) {
  if (static_cast<napi_env>(env) != nullptr) mailbox->Deliver(env);
}

void Mailbox::Deliver(Napi::Env env) {
  std::vector<Posted> messages;
  {
    const std::lock_guard lock(mutex_);
    if (!IsOpen(wake_)) return;
    messages.swap(waiting_);
    woken_ = false;
    for (const Posted& posted : messages) expected_ -= posted.expected ? 1 : 0;
    if (expected_ == 0) wake_.Unref(env);
  }
  for (const Posted& posted : messages) {
    const Napi::HandleScope scope(env);
    posted.message();
  }
}

}  // namespace leasehold
