// A thread of the core's own, which runs one function.
#ifndef LEASEHOLD_CORE_THREAD_H_
#define LEASEHOLD_CORE_THREAD_H_

#include <pthread.h>

#include <functional>
#include <memory>

#include "core/status.h"

namespace leasehold {

// std::thread ends the process where no thread can be had, since there are no exceptions here.
class Thread {
 public:
  Thread() = default;
  ~Thread() { Join(); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // EAGAIN if the system has no thread left. Must not be running.
  Status Start(std::function<void()> run) {
    auto owned = std::make_unique<std::function<void()>>(std::move(run));
    const int rc = pthread_create(
        &thread_, nullptr,
        [](void* data) -> void* {
          const std::unique_ptr<std::function<void()>> function(static_cast<std::function<void()>*>(data));
          (*function)();
          return nullptr;
        },
        owned.get());
    if (rc != 0) return Status(rc, "no thread could be started: there are too many");
    owned.release();
    running_ = true;
    return Status();
  }

  // Waits until the function has returned; at once if none was started.
  void Join() {
    if (running_) pthread_join(thread_, nullptr);
    running_ = false;
  }

 private:
  pthread_t thread_{};
  bool running_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_THREAD_H_
