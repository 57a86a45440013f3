// A lease in native code: which rows it covers, and how to move the bytes that they describe.
#ifndef LEASEHOLD_CORE_LEASE_H_
#define LEASEHOLD_CORE_LEASE_H_

#include <leasehold/lease.h>

#include <memory>

#include "core/lmdb/lmdb_rows.h"
#include "core/memory/mapping.h"

namespace leasehold {

// The bytes of entries that a lease covers, unless it covers one larger entry; one of a group can cover up to twice as
// much. For one sink that is kept, a drain may have to copy this much. With its rows and objects, a moved lease then
// takes about 4.4 KB.
constexpr size_t kLeaseBytes = 3328;
// The most bytes of a group: see Source::AddGroup.
constexpr size_t kGroupBytes = 16 * kLeaseBytes;
// The size of a window: the largest ArrayBuffer whose bytes every JavaScript engine reads at full speed.
constexpr size_t kWindowBytes = size_t{1} << 30;

// The descriptor of a Lease on a source's list. Sinks of other addons have other descriptors. To invalidate a Lease
// only deletes it.
extern const leasehold_sink_descriptor kLeaseSink;

// A node on the list of the source that has lent it. The rows are in a table that JavaScript owns. The table is alive
// as long as somebody can reach the lease, so the rows may be read only after IsReachable has returned true.
struct Lease : leasehold_node {
  Lease() : leasehold_node{nullptr, nullptr, nullptr, &kLeaseSink} {}
  virtual ~Lease() {
    leasehold_unlink(this);
    SetBytes(0);
    if (holder != nullptr) *holder = nullptr;
  }

  // Whether anything can still read through this lease. If it returns false, the caller must delete the lease.
  virtual bool IsReachable() = 0;
  // The bytes of memory that Move needs.
  size_t MovedSize() const { return count * sizeof(leasehold_row) + bytes_; }
  // Copies the rows to `memory`, and after them the bytes that they describe, with the values' headers. Offsets in the
  // copied rows count from `memory`. If a row is equal to the row before it, its bytes are copied only once.
  void Move(uint8_t* memory) const;

  leasehold_row* rows = nullptr;
  uint32_t count = 0;
  uint32_t run = 0;                 // of a group: how many of its rows each of its leases covers
  uint32_t lead = 0;                // how many bytes stand before each value, as its header
  const uint8_t* keys = nullptr;    // the beginning of the window with the keys
  const uint8_t* values = nullptr;  // the beginning of the window with the values
  uint32_t key_window = 0;          // the numbers of these windows
  uint32_t value_window = 0;
  size_t bytes() const { return bytes_; }
  void SetBytes(size_t bytes) {
    if (held != nullptr) *held += bytes - bytes_;
    bytes_ = bytes;
  }
  // The sum of the bytes of an environment's leases, including this one's; null if nobody counts them.
  size_t* held = nullptr;
  // The pointer of somebody who adds rows to this lease. The destructor sets it to null.
  Lease** holder = nullptr;

 private:
  size_t bytes_ = 0;  // of keys and values with their headers
};

// The Lease of a node; null if the node belongs to another addon.
inline Lease* ToLease(leasehold_node* node) {
  return node != nullptr && node->descriptor == &kLeaseSink ? static_cast<Lease*>(node) : nullptr;
}

// A leased Buffer: a node on the list of the source that has lent it.
struct BufferLease : leasehold_node {
  BufferLease() : leasehold_node{} {}
  virtual ~BufferLease() { Leave(); }

  // Leaves the list, and subtracts its bytes from the count.
  void Leave() {
    leasehold_unlink(this);
    if (held != nullptr) *held -= bytes;
    held = nullptr;
  }

  virtual bool IsReachable() = 0;

  std::shared_ptr<Mapping> mapping;  // null for a plain copy
  size_t bytes = 0;                  // how many bytes a drain has to copy for it
  size_t* held = nullptr;            // see Lease::held
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LEASE_H_
