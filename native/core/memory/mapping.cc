#include "core/memory/mapping.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace leasehold {
namespace {

// By default, Linux allows a process 65,530 mappings, and other code needs some too.
constexpr int kMostMappings = 16384;
std::atomic<int> live_mappings{0};

#ifdef MAP_NORESERVE
constexpr int kNoReserve = MAP_NORESERVE;
#else
constexpr int kNoReserve = 0;
#endif

size_t PageSize() {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

const leasehold_source_descriptor kMappingSource = LEASEHOLD_SOURCE_DESCRIPTOR(leasehold_block_contains);

}  // namespace

Mapping::Mapping(void* base, size_t mapped, uint8_t* data, size_t length)
    : base_(base), mapped_(mapped), data_(data), length_(length) {
  leasehold_source_init(&source, &kMappingSource, data, length);
}

Status Mapping::Map(int fd, size_t offset, size_t length, std::shared_ptr<Mapping>* mapping) {
  if (live_mappings.fetch_add(1) >= kMostMappings) {
    live_mappings.fetch_sub(1);
    return Status(ENOMEM);
  }
  const size_t within_page = offset % PageSize();
  const size_t mapped = within_page + length;
  void* base = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | kNoReserve, fd,
                    static_cast<off_t>(offset - within_page));
  if (base == MAP_FAILED) {
    live_mappings.fetch_sub(1);
    return Status(ENOMEM);
  }
  mapping->reset(new Mapping(base, mapped, static_cast<uint8_t*>(base) + within_page, length));
  return Status();
}

Mapping::~Mapping() {
  if (is_held()) Free();
}

void Mapping::Release() {
  if (--holds_ == 0) Free();
}

void Mapping::Free() {
  leasehold_end(&source);
  munmap(base_, mapped_);
  live_mappings.fetch_sub(1);
}

size_t Mapping::CopyPages(size_t most) {
  if (!is_held()) return 0;
  auto* bytes = static_cast<uint8_t*>(base_);
  const size_t begin = copied_;
  for (; copied_ < mapped_ && copied_ - begin < most; copied_ += PageSize()) {
    // Writing a byte makes the kernel copy the page. The byte's own value is written, atomically, so that a write of
    // another thread is not undone.
    const std::atomic_ref<uint8_t> byte(bytes[copied_]);
    uint8_t value = byte.load(std::memory_order_relaxed);
    while (!byte.compare_exchange_strong(value, value, std::memory_order_relaxed)) {
    }
  }
  return copied_ - begin;
}

void Mapping::Zero() {
  if (!is_held()) return;
  if (mmap(base_, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | kNoReserve, -1, 0) ==
      MAP_FAILED) {
    memset(data_, 0, length_);
  }
}

}  // namespace leasehold
