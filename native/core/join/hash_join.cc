#include "core/join/hash_join.h"

#include <algorithm>

namespace leasehold {

Status HashJoin::Open(std::unique_ptr<Rows> build, std::unique_ptr<Rows> probe, JoinOptions options,
                      std::unique_ptr<Join>* join) {
  std::unique_ptr<HashJoin> opened(new HashJoin(std::move(build), std::move(probe), std::move(options)));
  Status status = opened->hasher_.Seed();
  if (status.ok()) *join = std::move(opened);
  return status;
}

Status HashJoin::Reserve() {
  Status status = build_.Count(&most_entries_);
  if (!status.ok()) return status;
  reserved_ = true;
  return table_.Reserve(std::min(most_entries_, options_.max_table_bytes / JoinTable::kBytesPerEntry));
}

Status HashJoin::AddToTable(const Entry& entry) {
  uint64_t hash;
  bool present;
  Status status;
  if (!HashJoinValues(options_.build_on, entry, hasher_, &hash, &present, &status)) return status;
  if (!present) return status;
  if (table_.full()) {
    return Status(kJoinMemory, "the table for up to " + std::to_string(most_entries_) +
                                   " entries of the build side would take up to " +
                                   std::to_string(most_entries_ * JoinTable::kBytesPerEntry) +
                                   " bytes, maxTableBytes is " + std::to_string(options_.max_table_bytes) +
                                   ": make the smaller side the build side, bound its range, or raise maxTableBytes");
  }
  if (entry.key_length > JoinTable::kMostKeyBytes) {
    return Status(kKeySize, "the build side of a join takes keys of at most " +
                                std::to_string(JoinTable::kMostKeyBytes) +
                                " bytes: make the other side the build side");
  }
  table_.Add(entry, hash);
  return status;
}

Status HashJoin::Build(uint64_t entries, bool* done) {
  if (!reserved_) {
    Status status = Reserve();
    if (!status.ok()) return status;
  }
  for (uint64_t read = 0; !read_ && read < entries;) {
    uint32_t count;
    Status status = build_.Read(probes_, &count);
    if (!status.ok()) return status;
    for (uint32_t i = 0; i < count; i++) PrefetchJoinValues(options_.build_on, probes_[i]);
    for (uint32_t i = 0; i < count; i++) {
      status = AddToTable(probes_[i]);
      if (!status.ok()) return status;
    }
    read += count;
    read_ = count == 0;
  }
  if (read_ && !linked_) {
    Status status = table_.Link(entries, options_.build_on, &linked_);
    if (!status.ok()) return status;
  }
  *done = linked_;
  return Status();
}

Status HashJoin::ReadProbes() {
  probe_at_ = 0;
  given_ = 0;
  Status status = FindMatches();
  if (!status.ok()) probe_count_ = 0;
  return status;
}

Status HashJoin::FindMatches() {
  uint64_t hashes[EntryReader::kMost];
  uint32_t candidates[EntryReader::kMost];
  Status status = probe_.Read(probes_, &probe_count_);
  if (!status.ok()) return status;
  if (table_.size() == 0) {
    // Values are still read, so that a malformed one is not passed over.
    for (uint32_t i = 0; i < probe_count_; i++) {
      bool present;
      if (!HashJoinValues(options_.probe_on, probes_[i], hasher_, &hashes[i], &present, &status)) return status;
      chains_[i] = JoinTable::kNone;
    }
    return Status();
  }
  // Each step fetches for all entries into the cache what the next one reads.
  for (uint32_t i = 0; i < probe_count_; i++) PrefetchJoinValues(options_.probe_on, probes_[i]);
  bool present[EntryReader::kMost];
  for (uint32_t i = 0; i < probe_count_; i++) {
    if (!HashJoinValues(options_.probe_on, probes_[i], hasher_, &hashes[i], &present[i], &status)) return status;
    table_.PrefetchSlot(hashes[i]);
  }
  for (uint32_t i = 0; i < probe_count_; i++) {
    candidates[i] = present[i] ? table_.Candidate(hashes[i]) : JoinTable::kNone;
    if (candidates[i] != JoinTable::kNone) table_.PrefetchRow(candidates[i]);
  }
  for (uint32_t i = 0; i < probe_count_; i++) {
    if (candidates[i] != JoinTable::kNone) PrefetchJoinValues(options_.build_on, table_.EntryAt(candidates[i]));
  }
  for (uint32_t i = 0; i < probe_count_; i++) {
    chains_[i] = candidates[i] == JoinTable::kNone
                     ? JoinTable::kNone
                     : table_.Find(hashes[i], options_.probe_on, probes_[i], options_.build_on);
  }
  return Status();
}

Status HashJoin::Refill() {
  while (!full()) {
    if (probe_at_ == probe_count_) {
      Status status = ReadProbes();
      if (!status.ok() || probe_count_ == 0) return status;
    }
    const uint32_t chain = chains_[probe_at_];
    if (chain != JoinTable::kNone && GivesMatches()) {
      table_.PrefetchMembers(chain, given_);
      Add(table_.EntryAt(table_.RowOf(chain, given_)), probes_[probe_at_]);
      if (++given_ < table_.ChainLength(chain)) continue;
      given_ = 0;
    } else if (chain == JoinTable::kNone ? GivesUnmatched() : options_.type == JoinType::kSemi) {
      Add(Entry(), probes_[probe_at_]);
    }
    probe_at_++;
  }
  return Status();
}

Status HashJoin::Count(uint64_t* count) {
  *count = 0;
  for (;;) {
    Status status = ReadProbes();
    if (!status.ok() || probe_count_ == 0) return status;
    for (uint32_t i = 0; i < probe_count_; i++) {
      if (chains_[i] == JoinTable::kNone) {
        *count += GivesUnmatched();
      } else if (GivesMatches()) {
        *count += table_.ChainLength(chains_[i]);
      } else {
        *count += options_.type == JoinType::kSemi;
      }
    }
  }
}

}  // namespace leasehold
