// A join that puts one side into a hash table.
#ifndef LEASEHOLD_CORE_HASH_JOIN_H_
#define LEASEHOLD_CORE_HASH_JOIN_H_

#include "core/join/join.h"
#include "core/join/join_table.h"

namespace leasehold {

// Pairs come in the order of the probe side, and the pairs of one probe entry in the order of the build side. The table
// takes up to JoinTable::kBytesPerEntry for each build entry that has join values. kJoinMemory before the table becomes
// larger than allowed.
class HashJoin final : public Join {
 public:
  static Status Open(std::unique_ptr<Rows> build, std::unique_ptr<Rows> probe, JoinOptions options,
                     std::unique_ptr<Join>* join);

  Status Build(uint64_t entries, bool* done) override;
  Status Count(uint64_t* count) override;

 protected:
  Status Refill() override;

 private:
  HashJoin(std::unique_ptr<Rows> build, std::unique_ptr<Rows> probe, JoinOptions options)
      : Join(std::move(options)), build_(std::move(build)), probe_(std::move(probe)) {}

  // Takes memory for the table: once it is known how many entries the build side has.
  Status Reserve();
  Status AddToTable(const Entry& entry);
  // Reads the next entries of the probe side, and finds the chain of each in the table.
  Status ReadProbes();
  Status FindMatches();

  EntryReader build_;
  EntryReader probe_;
  JoinHasher hasher_;
  JoinTable table_;
  uint64_t most_entries_ = 0;  // on the build side
  bool reserved_ = false;
  bool read_ = false;
  bool linked_ = false;

  Entry probes_[EntryReader::kMost];
  uint32_t chains_[EntryReader::kMost];
  uint32_t probe_count_ = 0;
  uint32_t probe_at_ = 0;
  uint32_t given_ = 0;  // how many of the chain of the present probe entry were given
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_HASH_JOIN_H_
