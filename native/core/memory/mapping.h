// The memory of leased Buffers.
#ifndef LEASEHOLD_CORE_MAPPING_H_
#define LEASEHOLD_CORE_MAPPING_H_

#include <leasehold/lease.h>

#include <memory>

#include "core/status.h"

namespace leasehold {

// The memory of one leased Buffer: a private, writable mapping of a part of the data file. A write to it does not reach
// the file. It reads the file's pages until CopyPages has given it copies of them, at the same addresses.
//
// It is shared by the transaction that has lent it and the ArrayBuffer on it, which are in one thread. The ArrayBuffer
// holds it twice. Its memory is one hold, which a detach or a transfer takes from the ArrayBuffer. The object is the
// other: it stays alive while another thread (the thread pool, a socket) reads the memory. The mapping is freed when
// both have gone.
class Mapping {
 public:
  // Maps `length` bytes of a file from `offset` on, which can be any number. ENOMEM if the system refuses the mapping,
  // or if the process has too many of these.
  static Status Map(int fd, size_t offset, size_t length, std::shared_ptr<Mapping>* mapping);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  uint8_t* data() const { return data_; }

  // Lends the memory to other addons. They are told before the memory is freed or zeroed.
  leasehold_source source;

  // To be called when one of the ArrayBuffer's two holds has gone.
  void Release();
  bool is_held() const { return holds_ > 0; }
  // Makes the kernel give the mapping its own copies of pages, up to `most` bytes. Returns how many bytes; 0 when all
  // pages are copies. Another thread that reads at the same time sees the same bytes.
  size_t CopyPages(size_t most);
  // Replaces the bytes by zeros.
  void Zero();

 private:
  Mapping(void* base, size_t mapped, uint8_t* data, size_t length);
  void Free();

  void* const base_;  // what is mapped
  const size_t mapped_;
  uint8_t* const data_;
  const size_t length_;
  size_t copied_ = 0;  // bytes of `mapped_` whose pages are its own
  int holds_ = 2;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_MAPPING_H_
