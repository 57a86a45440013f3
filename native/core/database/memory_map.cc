#include "core/database/memory_map.h"

#include <algorithm>
#include <thread>

#include "core/lmdb/lmdb_map.h"

namespace leasehold {
namespace {

// How often Move lets other threads run before it gives up.
constexpr int kMostYields = 1000;

}  // namespace

void MemoryMap::Attach() { base_ = leasehold_map_base(env_); }

void MemoryMap::Hold() {
  for (;;) {
    holds_.fetch_add(1);
    if (!moving_.load()) return;
    holds_.fetch_sub(1);
    std::this_thread::yield();
  }
}

void MemoryMap::Hold(MapHold* hold) {
  const int64_t before = hold->load(std::memory_order_relaxed);
  if (before > 0) {
    hold->store(before + 1, std::memory_order_relaxed);
    return;
  }
  for (;;) {
    // Either Move sees the hold, or moving_ is seen here.
    hold->exchange(1);
    if (!moving_.load()) return;
    hold->store(0);
    std::this_thread::yield();
  }
}

void MemoryMap::AddHold(const MapHold* hold) {
  const std::lock_guard lock(own_holds_mutex_);
  own_holds_.push_back(hold);
}

void MemoryMap::RemoveHold(const MapHold* hold) {
  const std::lock_guard lock(own_holds_mutex_);
  own_holds_.erase(std::find(own_holds_.begin(), own_holds_.end(), hold));
}

bool MemoryMap::IsHeld() {
  if (holds_.load() > 0) return true;
  const std::lock_guard lock(own_holds_mutex_);
  return std::any_of(own_holds_.begin(), own_holds_.end(), [](const MapHold* hold) { return hold->load() > 0; });
}

Status MemoryMap::Move(size_t size) {
  const std::lock_guard lock(move_mutex_);
  moving_.store(true);
  // Whoever is not a transaction lets go at once.
  for (int i = 0; i < kMostYields && IsHeld(); i++) std::this_thread::yield();
  Status status;
  if (IsHeld()) {
    status = Status(kBusy, "the environment cannot be resized while transactions are open: end them first");
  } else {
    status = Status(leasehold_set_mapsize(env_, size));
    base_ = leasehold_map_base(env_);
    generation_.fetch_add(1);
  }
  moving_.store(false);
  return status;
}

}  // namespace leasehold
