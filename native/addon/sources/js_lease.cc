#include "addon/sources/js_lease.h"

#include <vector>

namespace leasehold {
namespace {

constexpr size_t kMostSpare = 2048;

struct SpareLeases {
  ~SpareLeases() {
    for (void* block : blocks) ::operator delete(block);
  }
  std::vector<void*> blocks;
};

thread_local SpareLeases spare;

}  // namespace

void* JsLease::operator new(size_t size) {
  if (spare.blocks.empty()) return ::operator new(size);
  void* memory = spare.blocks.back();
  spare.blocks.pop_back();
  return memory;
}

void JsLease::operator delete(void* memory) {
  if (spare.blocks.size() < kMostSpare) {
    spare.blocks.push_back(memory);
  } else {
    ::operator delete(memory);
  }
}

}  // namespace leasehold
