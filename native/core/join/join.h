// Joins of the rows of two sides, which give pairs of entries where they lie.
#ifndef LEASEHOLD_CORE_JOIN_H_
#define LEASEHOLD_CORE_JOIN_H_

#include <memory>
#include <vector>

#include "contract.h"
#include "core/join/join_on.h"
#include "core/rows/rows.h"

namespace leasehold {

enum class JoinType : uint8_t { kInner = kJoinInner, kLeft = kJoinLeft, kSemi = kJoinSemi, kAnti = kJoinAnti };
constexpr uint32_t kJoinTypes = 4;

// `build` has no key in a semi join, and if nothing matches `probe`.
struct Pair {
  Entry build;
  Entry probe;
};

// Goes through the rows of one side, several entries at a time.
class EntryReader {
 public:
  explicit EntryReader(std::unique_ptr<Rows> rows) : rows_(std::move(rows)) {}

  static constexpr uint32_t kMost = 64;
  // Gives the next entries, up to kMost; none at the end.
  Status Read(Entry* entries, uint32_t* count);
  // One at a time. `*found` is false at the end.
  Status Next(Entry* entry, bool* found);
  // How many there are in all.
  Status Count(uint64_t* count) { return rows_->Count(count); }

 private:
  const std::unique_ptr<Rows> rows_;
  Entry read_[kMost];
  uint32_t read_at_ = 0;
  uint32_t read_count_ = 0;
};

struct JoinOptions {
  JoinType type = JoinType::kInner;
  uint64_t max_table_bytes = 0;
  JoinOn build_on;
  JoinOn probe_on;
};

// Must be destroyed before the transaction of its rows.
class Join {
 public:
  virtual ~Join() = default;
  Join(const Join&) = delete;
  Join& operator=(const Join&) = delete;

  // Does some of the work that comes before the first pair, on about `entries` entries. `*done` once all of it is done.
  virtual Status Build(uint64_t entries, bool* done) = 0;
  // Counts the pairs that are left, without making them. Build must be done.
  virtual Status Count(uint64_t* count) = 0;

  // Gives the pairs that follow those that were taken: about `most`, and at least one unless there are no more. They
  // are valid until the next call. Build must be done.
  Status Peek(uint32_t most, const Pair** pairs, uint32_t* count);
  // Takes the first `count` of the pairs that Peek gave.
  void Take(uint32_t count) { taken_ += count; }

 protected:
  explicit Join(JoinOptions options) : options_(std::move(options)) {}

  // Appends further pairs by Add, until full() or the end. The next call goes on where this one stopped.
  virtual Status Refill() = 0;
  bool full() const { return pairs_.size() >= wanted_; }
  void Add(const Entry& build, const Entry& probe) { pairs_.push_back({build, probe}); }

  // Whether the join gives a pair for each match, and whether it gives one for a probe entry without a match.
  bool GivesMatches() const { return options_.type == JoinType::kInner || options_.type == JoinType::kLeft; }
  bool GivesUnmatched() const { return options_.type == JoinType::kLeft || options_.type == JoinType::kAnti; }

  const JoinOptions options_;

 private:
  std::vector<Pair> pairs_;
  size_t wanted_ = 0;
  size_t taken_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_JOIN_H_
