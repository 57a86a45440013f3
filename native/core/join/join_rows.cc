#include "core/join/join_rows.h"

#include <string.h>

#include "core/rows/given_rows.h"

namespace leasehold {
namespace {

// If fewer pairs than this lie in the same windows, they are copied together with those that follow: two leases would
// cost more.
constexpr uint32_t kLeastLent = 16;

bool IsSame(const Entry& a, const Entry& b) { return a.key == b.key && a.value == b.value; }

// How many bytes an entry adds to its side: none if it is the same entry as the one before.
size_t AddedBytes(const SideForm& form, const Entry* before, const Entry& entry) {
  if (form.given || entry.key == nullptr || (before != nullptr && IsSame(*before, entry))) return 0;
  return form.lead + entry.size();
}

// The bytes of both sides, of all pairs so far.
struct PairBytes {
  size_t build = 0;
  size_t probe = 0;

  void Add(const PairForm& form, const Pair* before, const Pair& pair) {
    build += AddedBytes(form.build, before == nullptr ? nullptr : &before->build, pair.build);
    probe += AddedBytes(form.probe, before == nullptr ? nullptr : &before->probe, pair.probe);
  }
  bool TooMany() const { return build > kLeaseBytes || probe > kLeaseBytes; }
};

leasehold_row GivenRow(const Entry& entry) { return {GivenRows::NumberOf(entry.key), 1, 0, 0}; }

// Describes entries of one side.
class SideWriter {
 public:
  SideWriter(const ReadTransaction& transaction, const SideForm& form, leasehold_row* rows, SideRows* side)
      : transaction_(transaction), form_(form), rows_(rows), side_(side) {}

  // Writes the row number `i`; false if the entry lies in other windows than those before it.
  bool Write(uint32_t i, const Entry& entry) {
    if (entry.key == nullptr) {
      rows_[i] = {0, 0, 0, 0};
      return true;
    }
    if (form_.given) {
      rows_[i] = GivenRow(entry);
      return true;
    }
    if (keys_ == nullptr) Aim(entry);
    const auto key = static_cast<size_t>(entry.key - keys_);
    const auto value = static_cast<size_t>(entry.value - values_);
    if (key > key_extent_ || entry.key_length > key_extent_ - key || value > value_extent_ || value < form_.lead ||
        entry.value_length > value_extent_ - value) {
      return false;
    }
    rows_[i] = {static_cast<uint32_t>(key), entry.key_length, static_cast<uint32_t>(value), entry.value_length};
    return true;
  }

 private:
  void Aim(const Entry& entry) {
    side_->key_window = transaction_.WindowOf(entry.key);
    side_->value_window = transaction_.WindowOf(entry.value - form_.lead);
    keys_ = transaction_.WindowBase(side_->key_window);
    values_ = transaction_.WindowBase(side_->value_window);
    key_extent_ = transaction_.WindowExtent(side_->key_window);
    value_extent_ = transaction_.WindowExtent(side_->value_window);
  }

  const ReadTransaction& transaction_;
  const SideForm form_;
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
  SideCopier(const SideForm& form, uint8_t* memory, uint32_t count)
      : form_(form),
        memory_(memory),
        rows_(reinterpret_cast<leasehold_row*>(memory)),
        position_(count * sizeof(leasehold_row)) {}

  void Copy(uint32_t i, const Entry& entry, const Entry* before) {
    if (before != nullptr && IsSame(*before, entry)) {
      rows_[i] = rows_[i - 1];
      return;
    }
    if (entry.key == nullptr) {
      rows_[i] = {0, 0, 0, 0};
      return;
    }
    if (form_.given) {
      rows_[i] = GivenRow(entry);
      return;
    }
    const uint32_t key = Append(entry.key, entry.key_length);
    const uint32_t value = Append(entry.value - form_.lead, form_.lead + entry.value_length) + form_.lead;
    rows_[i] = {key, entry.key_length, value, entry.value_length};
  }

 private:
  uint32_t Append(const uint8_t* bytes, uint32_t size) {
    const size_t at = position_;
    if (size > 0) memcpy(memory_ + at, bytes, size);
    position_ += size;
    return static_cast<uint32_t>(at);
  }

  const SideForm form_;
  uint8_t* const memory_;
  leasehold_row* const rows_;
  size_t position_;
};

}  // namespace

LentPairs LendPairs(const ReadTransaction& transaction, const PairForm& form, const Pair* pairs, uint32_t count,
                    leasehold_row* build, leasehold_row* probe) {
  LentPairs lent;
  SideWriter build_writer(transaction, form.build, build, &lent.build);
  SideWriter probe_writer(transaction, form.probe, probe, &lent.probe);
  PairBytes bytes;
  for (uint32_t i = 0; i < count; i++) {
    bytes.Add(form, i == 0 ? nullptr : &pairs[i - 1], pairs[i]);
    if (i > 0 && bytes.TooMany()) break;
    if (!build_writer.Write(i, pairs[i].build) || !probe_writer.Write(i, pairs[i].probe)) {
      if (i < kLeastLent) return {0, {}, {}, true};
      break;
    }
    lent.build.bytes = bytes.build;
    lent.probe.bytes = bytes.probe;
    lent.count = i + 1;
  }
  return lent;
}

CopiedPairs MeasurePairs(const PairForm& form, const Pair* pairs, uint32_t count) {
  CopiedPairs copied;
  PairBytes bytes;
  for (uint32_t i = 0; i < count; i++) {
    bytes.Add(form, i == 0 ? nullptr : &pairs[i - 1], pairs[i]);
    if (i > 0 && bytes.TooMany()) break;
    copied.count = i + 1;
    copied.build_bytes = bytes.build + copied.count * sizeof(leasehold_row);
    copied.probe_bytes = bytes.probe + copied.count * sizeof(leasehold_row);
  }
  return copied;
}

void CopyPairs(const PairForm& form, const Pair* pairs, uint32_t count, uint8_t* build, uint8_t* probe) {
  SideCopier build_copier(form.build, build, count);
  SideCopier probe_copier(form.probe, probe, count);
  for (uint32_t i = 0; i < count; i++) {
    build_copier.Copy(i, pairs[i].build, i == 0 ? nullptr : &pairs[i - 1].build);
    probe_copier.Copy(i, pairs[i].probe, i == 0 ? nullptr : &pairs[i - 1].probe);
  }
}

}  // namespace leasehold
