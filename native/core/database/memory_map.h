// Where the data file is mapped, who holds the map in its place, and moving it.
#ifndef LEASEHOLD_CORE_MEMORY_MAP_H_
#define LEASEHOLD_CORE_MEMORY_MAP_H_

#include <lmdb.h>
#include <stdint.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "core/status.h"

namespace leasehold {

// How many holds one thread has on a map. No other thread changes the number, which costs half of what a number that
// all threads share does.
using MapHold = std::atomic<int64_t>;

// The map of one Database. It moves when its size changes, and does not move while anybody holds it: every snapshot and
// every write transaction does, and whatever else reads the map does so briefly (MapUse).
//
// A hold is never waited for: Move gives up with kBusy while others hold the map, and who wants a hold waits while the
// map moves, which takes microseconds. Members are safe to call from any thread.
class MemoryMap {
 public:
  // `env` outlives this.
  explicit MemoryMap(MDB_env* env) : env_(env) {}
  MemoryMap(const MemoryMap&) = delete;
  MemoryMap& operator=(const MemoryMap&) = delete;

  // To be called once, when the environment has been opened.
  void Attach();

  // Where the map begins. For a caller that holds it.
  const uint8_t* base() const { return base_; }
  // Changes whenever the map may have moved: what was addressed in an earlier one must not be used.
  unsigned generation() const { return generation_.load(std::memory_order_acquire); }

  void Hold();
  void Release() { holds_.fetch_sub(1); }

  // The same by a number of the calling thread's own, which counts from AddHold until RemoveHold.
  void Hold(MapHold* hold);
  static void Release(MapHold* hold) {
    hold->store(hold->load(std::memory_order_relaxed) - 1, std::memory_order_release);
  }
  void AddHold(const MapHold* hold);
  void RemoveHold(const MapHold* hold);

  // Gives the map another size, in bytes; 0 for the one that another process has given the file. kBusy while anybody
  // holds the map; the caller must not. ENOMEM if there is no address space for it: the map then stays as it is.
  Status Move(size_t size);

 private:
  bool IsHeld();

  MDB_env* const env_;
  std::atomic<const uint8_t*> base_{nullptr};
  std::atomic<unsigned> generation_{1};
  std::atomic<bool> moving_{false};
  std::mutex move_mutex_;  // held while the map moves
  std::atomic<int64_t> holds_{0};
  std::mutex own_holds_mutex_;  // guards what follows
  std::vector<const MapHold*> own_holds_;
};

// Holds the map in a scope.
class MapUse {
 public:
  explicit MapUse(MemoryMap* map) : map_(map) { map_->Hold(); }
  ~MapUse() { map_->Release(); }
  MapUse(const MapUse&) = delete;
  MapUse& operator=(const MapUse&) = delete;

 private:
  MemoryMap* const map_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_MEMORY_MAP_H_
