// A lease as native code sees it: which rows it covers, and how to move what they name.
#ifndef LEASEHOLD_CORE_LEASE_H_
#define LEASEHOLD_CORE_LEASE_H_

#include <leasehold/lease.h>

#include <memory>

#include "core/lmdb/lmdb_rows.h"
#include "core/memory/mapping.h"

namespace leasehold {

// How many bytes of entries a lease covers at most (or one entry, if larger): what a drain may have to copy for one
// kept sink beside its own bytes. With its rows and objects a moved lease takes some 4.4 KB then.
constexpr size_t kLeaseBytes = 3328;
// The size of a window: the largest ArrayBuffer whose bytes every JavaScript engine reads at full speed.
constexpr size_t kWindowBytes = size_t{1} << 30;

// Tells a Lease on a source's list from the sinks of other addons. To invalidate a Lease is to forget it.
extern const leasehold_sink_descriptor kLeaseSink;

// A node on the list of the source that lent it. The rows stand in a table that JavaScript owns and that is alive as
// long as somebody can reach the lease; so they may be read only after IsReachable has said so.
struct Lease : leasehold_node {
  Lease() : leasehold_node{nullptr, nullptr, nullptr, &kLeaseSink} {}
  virtual ~Lease() {
    leasehold_unlink(this);
    SetBytes(0);
    if (holder != nullptr) *holder = nullptr;
  }

  // Whether anything can still read through this lease. Forgetting it otherwise is up to the caller.
  virtual bool IsReachable() = 0;
  // The bytes of memory that Move needs.
  size_t MovedSize() const { return count * sizeof(leasehold_row) + bytes_; }
  // Copies the rows to `memory`, and behind them the bytes that they name; the new rows count from `memory`. What a row
  // and the one before it both name is copied once.
  void Move(uint8_t* memory) const;

  leasehold_row* rows = nullptr;
  uint32_t count = 0;
  const uint8_t* keys = nullptr;    // where the window of the keys begins
  const uint8_t* values = nullptr;  // and that of the values
  uint32_t key_window = 0;          // their numbers
  uint32_t value_window = 0;
  size_t bytes() const { return bytes_; }
  void SetBytes(size_t bytes) {
    if (held != nullptr) *held += bytes - bytes_;
    bytes_ = bytes;
  }
  // What the leases of an environment add up to, this one's bytes included; null if nobody counts.
  size_t* held = nullptr;
  // Whatever points here to add rows to this lease is told when it goes.
  Lease** holder = nullptr;

 private:
  size_t bytes_ = 0;  // of keys and values
};

// The Lease that a node is, null if it belongs to another addon.
inline Lease* ToLease(leasehold_node* node) {
  return node != nullptr && node->descriptor == &kLeaseSink ? static_cast<Lease*>(node) : nullptr;
}

// A leased Buffer: a node on the list of the source that lent it.
struct BufferLease : leasehold_node {
  BufferLease() : leasehold_node{} {}
  virtual ~BufferLease() { Leave(); }

  // Takes it from its list, and its bytes from what is counted.
  void Leave() {
    leasehold_unlink(this);
    if (held != nullptr) *held -= bytes;
    held = nullptr;
  }

  virtual bool IsReachable() = 0;

  std::shared_ptr<Mapping> mapping;  // null for a plain copy
  size_t bytes = 0;                  // that a drain has to copy for it
  size_t* held = nullptr;            // as a Lease has it
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LEASE_H_
