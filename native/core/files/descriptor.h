// A file descriptor that is closed at the end of its scope.
#ifndef LEASEHOLD_CORE_DESCRIPTOR_H_
#define LEASEHOLD_CORE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace leasehold {

class Descriptor {
 public:
  Descriptor() = default;
  // Owns `fd`; a negative one stands for none.
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // Safe to repeat.
  void Close() {
    if (is_open()) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_DESCRIPTOR_H_
