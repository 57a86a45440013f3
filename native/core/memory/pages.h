// An array on pages of its own, with zeros at first. It uses the system's large pages if there are any: random reads
// then need less of the page tables (inserting into a hash table takes 29 ns instead of 43).
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

  // Replaces the array. Pages that are never touched take no memory.
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
