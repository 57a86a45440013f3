// Brings what other threads have done to a JavaScript thread.
#ifndef LEASEHOLD_ADDON_ASYNC_MAILBOX_H_
#define LEASEHOLD_ADDON_ASYNC_MAILBOX_H_

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "addon/node_addon_api.h"

namespace leasehold {

// Belongs to a JavaScript thread; whoever posts to it shares it, and may do so after that thread has gone.
class Mailbox {
 public:
  using Message = std::function<void()>;

  // Null, with no exception pending, if there is no memory. Called by its thread, as are Expect and Close.
  static std::shared_ptr<Mailbox> Make(Napi::Env env);
  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // One more message is on its way: until it has come, the thread's event loop goes on.
  void Expect(Napi::Env env);
  // Has its thread run `message` soon; drops it if that thread has closed the mailbox.
  void Post(Message message);
  // Nothing comes any more. What waits is dropped.
  void Close();

 private:
  // Node calls it without an environment while the thread ends.
  static void Wake(Napi::Env env, Napi::Function, Mailbox* mailbox, void*);
  void Deliver(Napi::Env env);

  using Waker = Napi::TypedThreadSafeFunction<Mailbox, void, Wake>;

  std::mutex mutex_;
  Waker wake_;                    // guarded by mutex_; empty once closed
  std::vector<Message> waiting_;  // guarded by mutex_
  size_t expected_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_ASYNC_MAILBOX_H_
