// Private memory mappings for large leased Buffers.
#ifndef LEASEHOLD_CORE_MAPPING_H_
#define LEASEHOLD_CORE_MAPPING_H_

#include <memory>

#include "core/status.h"

namespace leasehold {

// A private, writable mapping of part of the data file: what is written to it stays in it. It reads the file's pages
// until CopyPages has made each of them its own, at the same address. Shared by the ArrayBuffer that lies on it, whose
// finalizer releases it, and the transaction that lent it; both belong to one thread.
class Mapping {
 public:
  // Maps `length` bytes of a file from `offset` on, which need be no multiple of anything. ENOMEM if no mapping can be
  // had, or if the process has as many as it may.
  static Status Map(int fd, size_t offset, size_t length, std::shared_ptr<Mapping>* mapping);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  uint8_t* data() const { return data_; }
  bool is_mapped() const { return base_ != nullptr; }

  // Unmaps: the ArrayBuffer on it is gone. The others then do nothing.
  void Release();
  // Makes the kernel give the mapping pages of its own. A read in another thread that is under way sees the same bytes.
  void CopyPages();
  // Puts zero pages in their place.
  void Zero();

 private:
  Mapping(void* base, size_t mapped, uint8_t* data) : base_(base), mapped_(mapped), data_(data) {}

  void* base_;  // null once released
  const size_t mapped_;
  uint8_t* const data_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_MAPPING_H_
