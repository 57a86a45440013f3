// Joins two ranges that are both in ascending order of their join values.
#ifndef LEASEHOLD_CORE_MERGE_JOIN_H_
#define LEASEHOLD_CORE_MERGE_JOIN_H_

#include <deque>

#include "core/join/join.h"

namespace leasehold {

// Pairs come in the same order as a HashJoin's. Keeps the build entries of one value, and nothing else; kJoinMemory
// before they take more than allowed. kKeyOrder for an entry of either side whose values are less than those of the one
// before it; entries without a value may stand anywhere. Both sides are read to their ends, so that no entry out of
// order stays unnoticed.
class MergeJoin final : public Join {
 public:
  // What an entry that is kept takes at most: itself, and its part of what a deque has around it.
  static constexpr uint64_t kBytesPerEntry = 28;

  static Status Open(std::unique_ptr<Rows> build, std::unique_ptr<Rows> probe, JoinOptions options,
                     std::unique_ptr<Join>* join);

  Status Build(uint64_t entries, bool* done) override;
  Status Count(uint64_t* count) override;

 protected:
  Status Refill() override;

 private:
  // One side: the entry that it has come to, with values, in order.
  struct Side {
    Side(std::unique_ptr<Rows> rows, const JoinOn* join_on, const char* side_name)
        : reader(std::move(rows)), on(join_on), name(side_name) {}

    EntryReader reader;
    const JoinOn* const on;
    const char* const name;
    Entry entry;
    bool ended = false;
    Entry last;  // the one before it that has values
    bool has_last = false;
  };

  MergeJoin(std::unique_ptr<Rows> build, std::unique_ptr<Rows> probe, JoinOptions options)
      : Join(std::move(options)),
        build_(std::move(build), &options_.build_on, "build"),
        probe_(std::move(probe), &options_.probe_on, "probe") {}

  // Goes to the next entry; `*present` if it has values, and then checks its order.
  Status Advance(Side* side, bool* present);
  // Goes to the next build entry that has values.
  Status AdvanceBuild();
  // Makes run_ the build entries with the values of the probe entry.
  Status FindRun();
  // Goes to the next probe entry, and finds its run.
  Status AdvanceProbe();

  Side build_;
  Side probe_;
  bool started_ = false;
  std::deque<Entry> run_;  // which grows without a second copy of what it has
  bool matches_ = false;   // whether the probe entry has the values of run_
  bool given_ = true;      // whether all pairs of the probe entry were given
  size_t run_at_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_MERGE_JOIN_H_
