// Delivers messages from other threads to a JavaScript thread.
#ifndef LEASEHOLD_ADDON_ASYNC_MAILBOX_H_
#define LEASEHOLD_ADDON_ASYNC_MAILBOX_H_

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "addon/node_addon_api.h"

namespace leasehold {

// Belongs to a JavaScript thread. Other threads that post to it share it, and may post after the JavaScript thread has
// ended.
class Mailbox {
 public:
  using Message = std::function<void()>;

  // Null, with no exception pending, if there is no memory. Make, Expect and Close are for the JavaScript thread.
  static std::shared_ptr<Mailbox> Make(Napi::Env env);
  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Announces one more message. The thread's event loop keeps running until it has come.
  void Expect(Napi::Env env);
  // Makes the JavaScript thread run `message` soon. Drops the message if the mailbox is closed. Any thread may call it.
  // `expected`: Expect has announced it. A message that was not announced comes only if the event loop still runs.
  // `more`: another one follows at once, which wakes the thread for both.
  void Post(Message message, bool expected = true, bool more = false);
  // Drops waiting messages, and all later ones.
  void Close();

 private:
  struct Posted {
    Message message;
    bool expected;
  };

  // While the thread ends, Node calls this without an environment.
  static void Wake(Napi::Env env, Napi::Function, Mailbox* mailbox, void*);
  void Deliver(Napi::Env env);

  using Waker = Napi::TypedThreadSafeFunction<Mailbox, void, Wake>;

  std::mutex mutex_;
  Waker wake_;                   // guarded by mutex_; empty once closed
  std::vector<Posted> waiting_;  // guarded by mutex_
  bool woken_ = false;           // guarded by mutex_: whether Deliver was asked for and has not begun
  size_t expected_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_ASYNC_MAILBOX_H_
