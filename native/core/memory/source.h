// A source: memory that is lent, and the list of all that read it.
#ifndef LEASEHOLD_CORE_SOURCE_H_
#define LEASEHOLD_CORE_SOURCE_H_

#include <leasehold/lease.h>

#include <algorithm>
#include <string>

#include "core/memory/lease.h"
#include "core/status.h"

namespace leasehold {

// A list with fewer nodes than this is not swept.
constexpr size_t kFirstSweep = 1024;

// The base of all sources of this library, whatever memory they lend. A source has the list of its leases, deletes
// those that nobody can reach, and gives the others out to be moved before the memory goes.
//
// The list also has the sinks of other addons, among the leases. A second list has the leased Buffers, and a third one
// the groups.
//
// A sink of another addon that is told can do anything, and even delete this source. The comment of a function says if
// this can happen there. A Watch shows whether it has happened.
class Source : public leasehold_source {
 public:
  // Shows, as long as it exists, whether its source has been deleted.
  class Watch {
   public:
    explicit Watch(Source* source) : source_(source), outer_(source->watch_) { source->watch_ = this; }
    ~Watch() {
      if (source_ != nullptr) source_->watch_ = outer_;
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    bool gone() const { return source_ == nullptr; }

   private:
    friend class Source;
    Source* source_;
    Watch* const outer_;
  };

  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // The memory of a window: from a place in the lent memory on. Offsets in rows count from there.
  virtual Slice Window(uint64_t window) const = 0;

  // How many nodes are on the lists, including those that nobody can reach.
  size_t lent() const { return length + groups.length + buffers.length; }
  // How many bytes would have to be moved for them.
  size_t LentBytes() const;

  // Puts a lease on its list, which then owns it. The list is swept as it grows.
  void Add(Lease* lease);
  void Add(BufferLease* buffer);
  // Puts a group on its list. A group is one node for the leases of a batch, each of which covers `run` rows.
  // JavaScript has these leases, and they can only be collected together. Most groups are collected, and take one node
  // and one weak reference then. One that is still held is split before it is moved, since most of its leases may be
  // held no more.
  void AddGroup(Lease* group);
  // Deletes the leases, groups and leased Buffers that nobody can reach.
  void Sweep();

  // The next group to split: one that somebody can reach, and whose rows are not being handed out any more. Deletes the
  // groups before it that nobody can reach. Null if there is none.
  Lease* NextGroup();
  // The group that NextGroup has returned last; null if it has gone.
  Lease* FirstGroup() { return ToLease(leasehold_first(&groups)); }
  // The rows of that group from the row `at` on, which is one of its leases, belong to `lease`, which this adds. The
  // group has the rows before it.
  void Split(uint32_t at, Lease* lease);
  // That group has become a lease: its first one.
  void EndGroup();

  // The next lease to move: the oldest that somebody can reach. Deletes the leases before it. Null if none was found;
  // with
  // `*more`, call again, since a call looks only at some of the nodes.
  Lease* NextLease(bool* more);
  // The lease that NextLease has returned last; null if it has gone.
  Lease* FirstLease() { return ToLease(leasehold_first(this)); }
  // Copies the pages of some leased Buffers. Returns how many bytes; 0 when all pages are copied.
  size_t MoveBuffers();
  // To be called when no lease is left. Asks some sinks of other addons to copy what they have borrowed. Returns true
  // when all have done so. After false, call again; `*refused` is 0, or, at the end of a round, how many could not
  // copy. May delete this source.
  bool AskSinks(size_t* refused);
  // Stops lending. Deletes the remaining leases, and tells sinks of other addons. A second call does nothing.
  void End();

  leasehold_source buffers;
  leasehold_source groups;
  // Whether the memory does not change until the source has ended. Then nothing is moved before.
  const bool moves_at_end;

 protected:
  // `held` counts the bytes of the leases; null if nobody counts them. `most_refusals`: after this many rounds in which
  // they could not copy, sinks of other addons expire. 0, for a source that moves leases before its end: any number.
  Source(const leasehold_source_descriptor* descriptor, const void* memory, size_t bytes, bool invalidate, size_t* held,
         int most_refusals);
  virtual ~Source();

 private:
  size_t* const held_;
  const int most_refusals_;
  size_t sweep_at_ = kFirstSweep;
  size_t sweep_buffers_at_ = kFirstSweep;
  // During a move: how many nodes of the list NextLease has not looked at.
  size_t unseen_ = SIZE_MAX;
  // How many rounds of asking sinks there were. In this round, how many sinks are still to be asked, and how many could
  // not copy.
  int rounds_ = 0;
  size_t to_ask_ = 0;
  size_t refused_ = 0;
  Watch* watch_ = nullptr;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SOURCE_H_
