// A thread that the core starts, which calls one function.
#ifndef LEASEHOLD_CORE_THREAD_H_
#define LEASEHOLD_CORE_THREAD_H_

#include <pthread.h>

#include <functional>
#include <memory>

#include "core/status.h"

namespace leasehold {

// In place of std::thread, which ends the process if no thread can be started, since there are no exceptions here.
class Thread {
 public:
  Thread() = default;
  ~Thread() { Join(); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // Calls the function in the thread. EAGAIN if the system has no thread left. Requires that no function was started,
  // or that Join was called since.
  Status Start(std::function<void()> function) {
    auto owned = std::make_unique<std::function<void()>>(std::move(function));
    const int rc = pthread_create(
        &thread_, nullptr,
        [](void* data) -> void* {
          const std::unique_ptr<std::function<void()>> called(static_cast<std::function<void()>*>(data));
          (*called)();
          return nullptr;
        },
        owned.get());
    if (rc != 0) return Status(rc, "no thread could be started: there are too many");
    owned.release();
    started_ = true;
    return Status();
  }

  // Waits until the function has returned. Does nothing if none was started.
  void Join() {
    if (started_) pthread_join(thread_, nullptr);
    started_ = false;
  }

 private:
  pthread_t thread_{};
  bool started_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_THREAD_H_
