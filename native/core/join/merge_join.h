// A join of two ranges that are both in ascending order of their join values.
#ifndef LEASEHOLD_CORE_MERGE_JOIN_H_
#define LEASEHOLD_CORE_MERGE_JOIN_H_

#include <deque>

#include "core/join/join.h"

namespace leasehold {

// Pairs come in the same order as those of a HashJoin. It holds the build entries that have the same join values, and
// nothing else; kJoinMemory before these take more than allowed. kKeyOrder for an entry of either side whose values are
// less than those of the entry before it. Entries without a value may stand anywhere. Both sides are read to their
// ends, so that every entry that is out of order is found.
class MergeJoin final : public Join {
 public:
  // How much memory a build entry takes at most in group_, which is a deque and has some overhead.
  static constexpr uint64_t kBytesPerEntry = 28;

  static Status Open(std::unique_ptr<Rows> build, std::unique_ptr<Rows> probe, JoinOptions options,
                     std::unique_ptr<Join>* join);

  Status Build(uint64_t entries, bool* done) override;
  Status Count(uint64_t* count) override;

 protected:
  Status Refill() override;

 private:
  // One side, and the entry that it has come to.
  struct Side {
    Side(std::unique_ptr<Rows> rows, const JoinOn* join_on, const char* side_name)
        : reader(std::move(rows)), on(join_on), name(side_name) {}

    EntryReader reader;
    const JoinOn* const on;
    const char* const name;
    Entry entry;
    bool ended = false;
    Entry last;  // the last entry that has all join values, for the check of the order
    bool has_last = false;
  };

  MergeJoin(std::unique_ptr<Rows> build, std::unique_ptr<Rows> probe, JoinOptions options)
      : Join(std::move(options)),
        build_(std::move(build), &options_.build_on, "build"),
        probe_(std::move(probe), &options_.probe_on, "probe") {}

  // Goes to the next entry. `*present` if it has all join values; then the order is checked.
  Status Advance(Side* side, bool* present);
  // Goes to the next build entry that has all join values.
  Status AdvanceBuild();
  // Fills group_ with the build entries that have the join values of the probe entry.
  Status FindGroup();
  // Goes to the next probe entry, and finds its group.
  Status AdvanceProbe();

  Side build_;
  Side probe_;
  bool started_ = false;
  std::deque<Entry> group_;  // a deque grows without copying what it has
  bool matches_ = false;     // whether the probe entry has the join values of group_
  bool given_ = true;        // whether all pairs of the probe entry were given
  size_t group_at_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_MERGE_JOIN_H_
