#include "core/versions/state_table.h"

namespace leasehold {
namespace {

constexpr size_t kFirstPlaces = 64;
// What a state takes here, beside its key.
constexpr size_t kOverhead = 128;

}  // namespace

uint32_t StateTable::HashOf(const Collection* collection, uint64_t tid, Slice key) const {
  // The keyed hash covers what a program can choose. The rest only has to spread.
  const uint64_t rest = (tid ^ (reinterpret_cast<uintptr_t>(collection) >> 4)) * 0x9e3779b97f4a7c15;
  return hash_(key.data, key.size) ^ static_cast<uint32_t>(rest >> 32);
}

size_t StateTable::PlaceOf(uint32_t hash, const Collection* collection, uint64_t tid, Slice key) const {
  const size_t mask = index_.size() - 1;
  size_t place = hash & mask;
  for (; index_[place] != kNone; place = (place + 1) & mask) {
    const State& state = states_[index_[place]];
    if (state.hash == hash && state.tid == tid && state.collection == collection &&
        IsSame(Slice{reinterpret_cast<const uint8_t*>(state.key.data()), state.key.size()}, key)) {
      break;
    }
  }
  return place;
}

uint32_t StateTable::Find(const Collection* collection, uint64_t tid, Slice key) {
  if (count_ == 0) return kNone;
  const uint32_t number = index_[PlaceOf(HashOf(collection, tid, key), collection, tid, key)];
  if (number != kNone) states_[number].was_read = true;
  return number;
}

uint32_t StateTable::Add(const Collection* collection, uint64_t tid, Slice key, size_t size) {
  size += key.size + kOverhead;
  if (size > limit_ / kLargestPart) return kNone;
  if ((count_ + 1) * 2 > index_.size()) Grow();
  const uint32_t hash = HashOf(collection, tid, key);
  const size_t place = PlaceOf(hash, collection, tid, key);
  if (index_[place] != kNone) return index_[place];
  uint32_t number = free_;
  if (number != kNone) {
    free_ = states_[number].newer;
  } else {
    number = static_cast<uint32_t>(states_.size());
    states_.emplace_back();
  }
  State& state = states_[number];
  state.collection = collection;
  state.tid = tid;
  state.key.assign(reinterpret_cast<const char*>(key.data), key.size);
  state.size = size;
  state.hash = hash;
  state.was_read = false;
  state.newer = kNone;
  state.older = newest_;
  (newest_ == kNone ? oldest_ : states_[newest_].newer) = number;
  newest_ = number;
  index_[place] = number;
  count_++;
  bytes_ += size;
  return number;
}

uint32_t StateTable::Evict() {
  if (bytes_ <= limit_) return kNone;
  // The newest state is never removed: it was added just now, and fits.
  uint32_t at = hand_ == kNone ? oldest_ : hand_;
  while (states_[at].was_read || at == newest_) {
    states_[at].was_read = false;
    at = states_[at].newer == kNone ? oldest_ : states_[at].newer;
  }
  hand_ = states_[at].newer;
  Remove(at);
  return at;
}

void StateTable::Remove(uint32_t number) {
  State& state = states_[number];
  RemoveFromIndex(number);
  (state.newer == kNone ? newest_ : states_[state.newer].older) = state.older;
  (state.older == kNone ? oldest_ : states_[state.older].newer) = state.newer;
  bytes_ -= state.size;
  count_--;
  state.key.clear();
  state.key.shrink_to_fit();
  state.newer = free_;
  free_ = number;
}

// Moves what stands behind the removed number forward, so that a search need not step over gaps.
void StateTable::RemoveFromIndex(uint32_t number) {
  const size_t mask = index_.size() - 1;
  size_t gap = states_[number].hash & mask;
  while (index_[gap] != number) gap = (gap + 1) & mask;
  for (size_t place = (gap + 1) & mask; index_[place] != kNone; place = (place + 1) & mask) {
    const size_t home = states_[index_[place]].hash & mask;
    // Whether the gap lies between the place where the search for it begins and where it stands.
    if (((place - home) & mask) < ((place - gap) & mask)) continue;
    index_[gap] = index_[place];
    gap = place;
  }
  index_[gap] = kNone;
}

void StateTable::Grow() {
  std::vector<uint32_t> larger(index_.empty() ? kFirstPlaces : index_.size() * 2, kNone);
  const size_t mask = larger.size() - 1;
  for (const uint32_t number : index_) {
    if (number == kNone) continue;
    size_t place = states_[number].hash & mask;
    while (larger[place] != kNone) place = (place + 1) & mask;
    larger[place] = number;
  }
  index_ = std::move(larger);
}

}  // namespace leasehold
