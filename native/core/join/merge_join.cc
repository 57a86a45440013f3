#include "core/join/merge_join.h"

namespace leasehold {

Status MergeJoin::Open(std::unique_ptr<Rows> build, std::unique_ptr<Rows> probe, JoinOptions options,
                       std::unique_ptr<Join>* join) {
  join->reset(new MergeJoin(std::move(build), std::move(probe), std::move(options)));
  return Status();
}

Status MergeJoin::Build(uint64_t, bool* done) {
  *done = true;
  return Status();
}

Status MergeJoin::Advance(Side* side, bool* present) {
  *present = false;
  if (side->ended) return Status();
  bool found;
  Status status = side->reader.Next(&side->entry, &found);
  if (!status.ok()) return status;
  side->ended = !found;
  if (!found) return Status();
  status = HasJoinValues(*side->on, side->entry, present);
  if (!status.ok() || !*present) return status;
  if (side->has_last && CompareJoinValues(*side->on, side->last, *side->on, side->entry) > 0) {
    return Status(kKeyOrder, std::string("the ") + side->name + " side is not in join order: the entry with the key " +
                                 ToHex(side->entry.Key()) + " comes after the one with the key " +
                                 ToHex(side->last.Key()) +
                                 ", whose join value is greater; give a range in that order, or use hashJoin()");
  }
  side->last = side->entry;
  side->has_last = true;
  return Status();
}

Status MergeJoin::AdvanceBuild() {
  bool present = false;
  while (!build_.ended && !present) {
    Status status = Advance(&build_, &present);
    if (!status.ok()) return status;
  }
  return Status();
}

Status MergeJoin::FindGroup() {
  const auto same = [&](const Entry& build) { return CompareJoinValues(*build_.on, build, *probe_.on, probe_.entry); };
  if (!group_.empty() && same(group_[0]) == 0) return Status();
  group_.clear();
  while (!build_.ended) {
    const int order = same(build_.entry);
    if (order > 0) return Status();
    if (order == 0) {
      if ((group_.size() + 1) * kBytesPerEntry > options_.max_table_bytes) {
        return Status(kJoinMemory, "more than " + std::to_string(group_.size()) +
                                       " entries of the build side have the join value of the one with the key " +
                                       ToHex(group_.empty() ? build_.entry.Key() : group_[0].Key()) +
                                       ", which takes more than maxTableBytes (" +
                                       std::to_string(options_.max_table_bytes) +
                                       "): swap the sides, or raise maxTableBytes");
      }
      group_.push_back(build_.entry);
    }
    Status status = AdvanceBuild();
    if (!status.ok()) return status;
  }
  return Status();
}

Status MergeJoin::AdvanceProbe() {
  if (!started_) {
    started_ = true;
    Status status = AdvanceBuild();
    if (!status.ok()) return status;
  }
  bool present;
  Status status = Advance(&probe_, &present);
  if (!status.ok()) return status;
  if (probe_.ended) {
    while (!build_.ended && status.ok()) status = AdvanceBuild();
    return status;
  }
  if (present) {
    status = FindGroup();
    if (!status.ok()) return status;
  }
  matches_ = present && !group_.empty();
  group_at_ = 0;
  given_ = false;
  return Status();
}

Status MergeJoin::Refill() {
  while (!full()) {
    if (given_) {
      Status status = AdvanceProbe();
      if (!status.ok() || probe_.ended) return status;
    }
    if (matches_ && GivesMatches()) {
      Add(group_[group_at_++], probe_.entry);
      given_ = group_at_ == group_.size();
      continue;
    }
    if (matches_ ? options_.type == JoinType::kSemi : GivesUnmatched()) Add(Entry(), probe_.entry);
    given_ = true;
  }
  return Status();
}

Status MergeJoin::Count(uint64_t* count) {
  *count = 0;
  for (;;) {
    Status status = AdvanceProbe();
    if (!status.ok() || probe_.ended) return status;
    if (!matches_) {
      *count += GivesUnmatched();
    } else {
      *count += GivesMatches() ? group_.size() : options_.type == JoinType::kSemi;
    }
  }
}

}  // namespace leasehold
