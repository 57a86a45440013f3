// Brings what other threads have done to a JavaScript thread.
#ifndef LEASEHOLD_ADDON_MAILBOX_H_
#define LEASEHOLD_ADDON_MAILBOX_H_

#include <node_api.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace leasehold {

// Belongs to a JavaScript thread; whoever posts to it shares it, and may do so after that thread has gone.
class Mailbox {
 public:
  using Message = std::function<void()>;

  // Null if there is no memory. Called by its thread, as are Expect and Close.
  static std::shared_ptr<Mailbox> Make(napi_env env);
  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // One more message is on its way: until it has come, the thread's event loop goes on.
  void Expect();
  // Has its thread run `message` soon; drops it if that thread has closed the mailbox.
  void Post(Message message);
  // Nothing comes any more. What waits is dropped.
  void Close();

 private:
  void Deliver(napi_env env);

  std::mutex mutex_;
  napi_threadsafe_function wake_ = nullptr;  // guarded by mutex_; null once closed
  std::vector<Message> waiting_;             // guarded by mutex_
  size_t expected_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_MAILBOX_H_
