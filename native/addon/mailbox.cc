#include "addon/mailbox.h"

#include <utility>

namespace leasehold {

std::shared_ptr<Mailbox> Mailbox::Make(napi_env env) {
  auto mailbox = std::make_shared<Mailbox>();
  napi_value name;
  if (napi_create_string_utf8(env, "leasehold", NAPI_AUTO_LENGTH, &name) != napi_ok) return nullptr;
  // Node calls it once more while the thread ends, without an environment: the mailbox is to be there still.
  auto* shared = new std::shared_ptr<Mailbox>(mailbox);
  const napi_status made = napi_create_threadsafe_function(
      env, nullptr, nullptr, name, 0, 1, shared,
      [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Mailbox>*>(data); }, mailbox.get(),
      [](napi_env calling, napi_value, void* context, void*) {
        if (calling != nullptr) static_cast<Mailbox*>(context)->Deliver(calling);
      },
      &mailbox->wake_);
  if (made != napi_ok) {
    delete shared;
    return nullptr;
  }
  napi_unref_threadsafe_function(env, mailbox->wake_);
  return mailbox;
}

void Mailbox::Expect() {
  expected_++;
  const std::lock_guard lock(mutex_);
  if (expected_ == 1 && wake_ != nullptr) napi_ref_threadsafe_function(nullptr, wake_);
}

void Mailbox::Post(Message message) {
  const std::lock_guard lock(mutex_);
  if (wake_ == nullptr) return;
  waiting_.push_back(std::move(message));
  // One call delivers all that waits. Under the lock, so that it is not freed meanwhile.
  if (waiting_.size() == 1) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

void Mailbox::Close() {
  std::vector<Message> dropped;
  const std::lock_guard lock(mutex_);
  if (wake_ == nullptr) return;
  napi_release_threadsafe_function(wake_, napi_tsfn_abort);
  wake_ = nullptr;
  dropped.swap(waiting_);
}

void Mailbox::Deliver(napi_env env) {
  std::vector<Message> messages;
  {
    const std::lock_guard lock(mutex_);
    if (wake_ == nullptr) return;
    messages.swap(waiting_);
    expected_ -= messages.size();
    if (expected_ == 0) napi_unref_threadsafe_function(env, wake_);
  }
  for (const Message& message : messages) {
    napi_handle_scope scope;
    if (napi_open_handle_scope(env, &scope) != napi_ok) continue;
    message();
    napi_close_handle_scope(env, scope);
  }
}

}  // namespace leasehold
