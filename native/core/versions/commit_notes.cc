#include "core/versions/commit_notes.h"

namespace leasehold {

ChangedKeys* CommitNotes::Of(const Collection& collection) {
  if (last_ == &collection) return last_keys_;
  last_ = &collection;
  last_keys_ = &collections_[collection.name];
  return last_keys_;
}

void CommitNotes::AddKey(const Collection& collection, Slice key) {
  ChangedKeys* keys = Of(collection);
  keys->AddKey(key);
  keys_added_++;
  bytes_added_ += key.size;
  if (keys_added_ > kMostKeys || bytes_added_ > kMostKeyBytes) Limit();
}

// Keys that are changed again and again are noted each time. So they are only counted once so many were added.
void CommitNotes::Limit() {
  keys_added_ = bytes_added_ = 0;
  size_t count = 0;
  size_t bytes = 0;
  for (auto& [name, keys] : collections_) {
    keys.Compact();
    count += keys.count();
    bytes += keys.bytes();
  }
  bounds_only_ = bounds_only_ || count > kMostKeys || bytes > kMostKeyBytes;
  if (!bounds_only_) return;
  for (auto& [name, keys] : collections_) keys.KeepBounds();
}

void CommitNotes::Merge(const CommitNotes& child) {
  for (const auto& [name, keys] : child.collections_) {
    collections_[name].Merge(keys);
    keys_added_ += keys.count();
    bytes_added_ += keys.bytes();
  }
  ids_.insert(ids_.end(), child.ids_.begin(), child.ids_.end());
  if (keys_added_ > kMostKeys || bytes_added_ > kMostKeyBytes || child.bounds_only_) Limit();
}

bool CommitNotes::Touches(const std::string& collection, const RangeParts& range) const {
  const auto found = collections_.find(collection);
  return found != collections_.end() && found->second.Touches(range);
}

}  // namespace leasehold
