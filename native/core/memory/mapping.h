// The memory of leased Buffers.
#ifndef LEASEHOLD_CORE_MAPPING_H_
#define LEASEHOLD_CORE_MAPPING_H_

#include <leasehold/lease.h>

#include <memory>

#include "core/status.h"

namespace leasehold {

// The memory of one leased Buffer: a private, writable mapping of part of the data file, so that what is written to it
// stays in it. It reads the file's pages until CopyPages has made each of them its own, at the same address.
//
// Shared by the transaction that lent it and the ArrayBuffer on it, all of one thread. The ArrayBuffer holds it twice:
// by the memory that it has, which a detach or a transfer takes from it, and by the object itself, which whoever reads
// the memory in another thread (the thread pool, a socket) keeps alive. It is freed when both have gone.
class Mapping {
 public:
  // Maps `length` bytes of a file from `offset` on, which need be no multiple of anything. ENOMEM if no mapping can be
  // had, or if the process has as many as it may.
  static Status Map(int fd, size_t offset, size_t length, std::shared_ptr<Mapping>* mapping);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  uint8_t* data() const { return data_; }

  // What it lends to other addons, who are told before the memory is freed or zeroed.
  leasehold_source source;

  // One of the ArrayBuffer's two holds has gone.
  void Release();
  bool is_held() const { return holds_ > 0; }
  // Makes the kernel give a mapping pages of its own, up to `most` bytes of them; gives how many it was, 0 when all
  // are. A read in another thread that is under way sees the same bytes.
  size_t CopyPages(size_t most);
  // Puts zeros in the place of its bytes.
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
