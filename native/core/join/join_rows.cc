#include "core/join/join_rows.h"

#include <string.h>

namespace leasehold {
namespace {

// If fewer pairs than this lie in the same windows, they are copied together with those that follow: two leases would
// cost more.
constexpr uint32_t kLeastLent = 16;

bool IsSame(const Entry& a, const Entry& b) { return a.key == b.key && a.value == b.value; }

// How many bytes an entry adds to its side: none if it is the same entry as the one before.
size_t AddedBytes(const Entry* before, const Entry& entry) {
  return before != nullptr && IsSame(*before, entry) ? 0 : entry.size();
}

// Describes entries of one side.
class SideWriter {
 public:
  SideWriter(const ReadTransaction& transaction, leasehold_row* rows, SideRows* side)
      : transaction_(transaction), rows_(rows), side_(side) {}

  // Writes the row number `i`; false if the entry lies in other windows than those before it.
  bool Write(uint32_t i, const Entry& entry) {
    if (entry.key == nullptr) {
      rows_[i] = {0, 0, 0, 0};
      return true;
    }
    if (keys_ == nullptr) Aim(entry);
    const auto key = static_cast<size_t>(entry.key - keys_);
    const auto value = static_cast<size_t>(entry.value - values_);
    if (key > key_extent_ || entry.key_length > key_extent_ - key || value > value_extent_ ||
        entry.value_length > value_extent_ - value) {
      return false;
    }
    rows_[i] = {static_cast<uint32_t>(key), entry.key_length, static_cast<uint32_t>(value), entry.value_length};
    return true;
  }

 private:
  void Aim(const Entry& entry) {
    side_->key_window = transaction_.WindowOf(entry.key);
    side_->value_window = transaction_.WindowOf(entry.value);
    keys_ = transaction_.WindowBase(side_->key_window);
    values_ = transaction_.WindowBase(side_->value_window);
    key_extent_ = transaction_.WindowExtent(side_->key_window);
    value_extent_ = transaction_.WindowExtent(side_->value_window);
  }

  const ReadTransaction& transaction_;
  leasehold_row* const rows_;
  SideRows* const side_;
  const uint8_t* keys_ = nullptr;
  const uint8_t* values_ = nullptr;
  size_t key_extent_ = 0;
  size_t value_extent_ = 0;
};

// Copies entries of one side.
class SideCopier {
 public:
  SideCopier(uint8_t* memory, uint32_t count)
      : memory_(memory), rows_(reinterpret_cast<leasehold_row*>(memory)), position_(count * sizeof(leasehold_row)) {}

  void Copy(uint32_t i, const Entry& entry, const Entry* before) {
    if (before != nullptr && IsSame(*before, entry)) {
      rows_[i] = rows_[i - 1];
      return;
    }
    if (entry.key == nullptr) {
      rows_[i] = {0, 0, 0, 0};
      return;
    }
    const uint32_t key = Append(entry.key, entry.key_length);
    rows_[i] = {key, entry.key_length, Append(entry.value, entry.value_length), entry.value_length};
  }

 private:
  uint32_t Append(const uint8_t* bytes, uint32_t size) {
    const size_t at = position_;
    if (size > 0) memcpy(memory_ + at, bytes, size);
    position_ += size;
    return static_cast<uint32_t>(at);
  }

  uint8_t* const memory_;
  leasehold_row* const rows_;
  size_t position_;
};

}  // namespace

LentPairs LendPairs(const ReadTransaction& transaction, const Pair* pairs, uint32_t count, leasehold_row* build,
                    leasehold_row* probe) {
  LentPairs lent;
  SideWriter build_writer(transaction, build, &lent.build);
  SideWriter probe_writer(transaction, probe, &lent.probe);
  for (uint32_t i = 0; i < count; i++) {
    const size_t build_bytes = lent.build.bytes + AddedBytes(i == 0 ? nullptr : &pairs[i - 1].build, pairs[i].build);
    const size_t probe_bytes = lent.probe.bytes + AddedBytes(i == 0 ? nullptr : &pairs[i - 1].probe, pairs[i].probe);
    if (i > 0 && (build_bytes > kLeaseBytes || probe_bytes > kLeaseBytes)) break;
    if (!build_writer.Write(i, pairs[i].build) || !probe_writer.Write(i, pairs[i].probe)) {
      if (i < kLeastLent) return {0, {}, {}, true};
      break;
    }
    lent.build.bytes = build_bytes;
    lent.probe.bytes = probe_bytes;
    lent.count = i + 1;
  }
  return lent;
}

CopiedPairs MeasurePairs(const Pair* pairs, uint32_t count) {
  CopiedPairs copied;
  size_t build = 0;
  size_t probe = 0;
  for (uint32_t i = 0; i < count; i++) {
    build += AddedBytes(i == 0 ? nullptr : &pairs[i - 1].build, pairs[i].build);
    probe += AddedBytes(i == 0 ? nullptr : &pairs[i - 1].probe, pairs[i].probe);
    if (i > 0 && (build > kLeaseBytes || probe > kLeaseBytes)) break;
    copied.count = i + 1;
    copied.build_bytes = build + copied.count * sizeof(leasehold_row);
    copied.probe_bytes = probe + copied.count * sizeof(leasehold_row);
  }
  return copied;
}

void CopyPairs(const Pair* pairs, uint32_t count, uint8_t* build, uint8_t* probe) {
  SideCopier build_copier(build, count);
  SideCopier probe_copier(probe, count);
  for (uint32_t i = 0; i < count; i++) {
    build_copier.Copy(i, pairs[i].build, i == 0 ? nullptr : &pairs[i - 1].build);
    probe_copier.Copy(i, pairs[i].probe, i == 0 ? nullptr : &pairs[i - 1].probe);
  }
}

}  // namespace leasehold
