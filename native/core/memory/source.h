// A source: memory that is lent, and the list of those who read it.
#ifndef LEASEHOLD_CORE_SOURCE_H_
#define LEASEHOLD_CORE_SOURCE_H_

#include <leasehold/lease.h>

#include <algorithm>
#include <string>

#include "core/memory/lease.h"
#include "core/status.h"

namespace leasehold {

// Below this many nodes a list is not worth sweeping.
constexpr size_t kFirstSweep = 1024;

// What all sources of this library do alike, whatever memory they lend: they keep the list of their leases, forget
// those that nobody can reach, and have the others moved before the memory goes.
//
// The list has the sinks of other addons among the leases. A second list has the leased Buffers.
//
// Sinks of other addons may do anything when they are told, delete this source as well. Where that can happen, a
// function says so; a Watch tells whether it has.
class Source : public leasehold_source {
 public:
  // Tells, while it stands, whether its source has been deleted.
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

  // The memory that a window has, which begins somewhere in what is lent; offsets of rows count from there.
  virtual Slice Window(uint64_t window) const = 0;

  // How many nodes are on the lists, those that nobody can reach included.
  size_t lent() const { return length + buffers.length; }
  // How many bytes have to be moved for them.
  size_t LentBytes() const;

  // Take over what stands on no list. The lists are swept as they grow.
  void Add(Lease* lease);
  void Add(BufferLease* buffer);
  // Deletes the leases and leased Buffers that nobody can reach.
  void Sweep();

  // The lease that comes next in moving: the oldest that somebody can reach. Those before it are deleted. Null if there
  // is none; `*more` then says to call again, since no call looks at very many.
  Lease* NextLease(bool* more);
  // The lease that NextLease gave last, null if it has gone.
  Lease* FirstLease() { return ToLease(leasehold_first(this)); }
  // Gives leased Buffers pages of their own, some at a time: how many bytes, 0 when all have them.
  size_t MoveBuffers();
  // Once no lease is left: has sinks of other addons copy what they borrowed, some at a time. True when all have;
  // false to be called again, or, with `*refused`, since so many could not. May delete this.
  bool AskSinks(size_t* refused);
  // Lends no more. Leases that are left are forgotten, and sinks of other addons told. May be called twice.
  void End();

  leasehold_source buffers;
  // Whether its memory stays as it is until it has ended, so that nothing is moved before.
  const bool moves_at_end;

 protected:
  // `held`: what counts the bytes of the leases, null if nobody does. `most_refusals`: how often sinks of other addons
  // may say that they cannot copy before they expire, 0 for any number; those of a source that moves at its end.
  Source(const leasehold_source_descriptor* descriptor, const void* memory, size_t bytes, bool invalidate, size_t* held,
         int most_refusals);
  virtual ~Source();

 private:
  size_t* const held_;
  const int most_refusals_;
  size_t sweep_at_ = kFirstSweep;
  size_t sweep_buffers_at_ = kFirstSweep;
  // While what is lent is moved: how many nodes have not been looked at, to find the leases among sinks of other
  // addons.
  size_t unseen_ = SIZE_MAX;
  // How often those sinks were asked; how many are left to be asked in this round, and how many could not copy.
  int rounds_ = 0;
  size_t to_ask_ = 0;
  size_t refused_ = 0;
  Watch* watch_ = nullptr;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_SOURCE_H_
