#include "core/memory/source.h"

#include <memory>

namespace leasehold {
namespace {

// The most nodes that one step looks at, or asks.
constexpr size_t kNodesAtOnce = 256;
// The most bytes of leased Buffers for which one step copies pages.
constexpr size_t kMovedAtOnce = 256 * 1024;

BufferLease* ToBuffer(leasehold_node* node) { return static_cast<BufferLease*>(node); }

// Deletes the nodes of a list that nothing can reach any more. `to_lease` returns null for a sink of another addon.
template <class ToLease>
void DeleteUnreachable(leasehold_source* source, ToLease to_lease) {
  leasehold_node* const end = &source->head;
  for (leasehold_node* node = end->next; node != end;) {
    auto* lease = to_lease(node);
    node = node->next;
    if (lease != nullptr && !lease->IsReachable()) delete lease;
  }
}

// How many bytes the rows of a lease have, with the values' headers.
size_t RowsSize(const Lease& lease) {
  size_t size = size_t{lease.lead} * lease.count;
  for (uint32_t i = 0; i < lease.count; i++) size += lease.rows[i].key_length + size_t{lease.rows[i].value_length};
  return size;
}

}  // namespace

Source::Source(const leasehold_source_descriptor* descriptor, const void* memory, size_t bytes, bool invalidate,
               size_t* held, int most_refusals)
    : moves_at_end(most_refusals > 0), held_(held), most_refusals_(most_refusals) {
  leasehold_source_init(this, descriptor, memory, bytes);
  expires = invalidate;
  leasehold_source_init(&buffers, nullptr, nullptr, 0);
  leasehold_source_init(&groups, nullptr, nullptr, 0);
}

Source::~Source() {
  End();
  for (Watch* watch = watch_; watch != nullptr; watch = watch->outer_) watch->source_ = nullptr;
}

void Source::End() {
  ended = 1;
  // `telling`: a call further out on the stack is telling the nodes of this list. It must not return to a deleted
  // source.
  if (length > 0 || telling != nullptr) leasehold_end(this);
  while (leasehold_node* node = leasehold_first(&groups)) delete ToLease(node);
  while (leasehold_node* node = leasehold_first(&buffers)) {
    const std::unique_ptr<BufferLease> buffer(ToBuffer(node));
    // Somebody may still read the memory, for example in the thread pool.
    if (buffer->mapping) buffer->mapping->CopyPages(SIZE_MAX);
  }
}

size_t Source::LentBytes() const {
  size_t bytes = 0;
  for (leasehold_node* node = head.next; node != &head; node = node->next) {
    if (const Lease* lease = ToLease(node)) bytes += lease->bytes();
  }
  for (leasehold_node* node = groups.head.next; node != &groups.head; node = node->next) {
    bytes += ToLease(node)->bytes();
  }
  for (leasehold_node* node = buffers.head.next; node != &buffers.head; node = node->next) {
    bytes += ToBuffer(node)->bytes;
  }
  return bytes;
}

void Source::Add(Lease* lease) {
  if (length + groups.length >= sweep_at_) Sweep();
  lease->held = held_;
  leasehold_link(this, lease);
}

void Source::AddGroup(Lease* group) {
  if (length + groups.length >= sweep_at_) Sweep();
  group->held = held_;
  leasehold_link(&groups, group);
}

Lease* Source::NextGroup() {
  for (size_t unseen = groups.length; unseen > 0; unseen--) {
    Lease* group = FirstGroup();
    if (!group->IsReachable()) {
      delete group;
    } else if (group->holder == nullptr || ended != 0) {
      return group;
    } else {
      leasehold_unlink(group);
      leasehold_link(&groups, group);
    }
  }
  return nullptr;
}

void Source::Split(uint32_t at, Lease* lease) {
  Lease* group = FirstGroup();
  lease->rows = group->rows + at;
  lease->count = std::min(group->run, group->count - at);
  lease->lead = group->lead;
  lease->keys = group->keys;
  lease->values = group->values;
  lease->key_window = group->key_window;
  lease->value_window = group->value_window;
  group->count = at;
  group->SetBytes(RowsSize(*group));
  // Add may delete the group.
  Add(lease);
  lease->SetBytes(RowsSize(*lease));
}

void Source::EndGroup() {
  Lease* group = FirstGroup();
  group->count = std::min(group->run, group->count);
  group->SetBytes(RowsSize(*group));
  leasehold_unlink(group);
  leasehold_link(this, group);
}

void Source::Add(BufferLease* buffer) {
  if (buffers.length >= sweep_buffers_at_) Sweep();
  buffer->held = held_;
  if (held_ != nullptr) *held_ += buffer->bytes;
  leasehold_link(&buffers, buffer);
}

void Source::Sweep() {
  DeleteUnreachable(this, ToLease);
  DeleteUnreachable(&groups, ToLease);
  DeleteUnreachable(&buffers, ToBuffer);
  sweep_at_ = std::max(kFirstSweep, 2 * (length + groups.length));
  sweep_buffers_at_ = std::max(kFirstSweep, 2 * buffers.length);
}

Lease* Source::NextLease(bool* more) {
  *more = false;
  unseen_ = std::min(unseen_, length);
  for (size_t looked = 0; unseen_ > 0; unseen_--) {
    leasehold_node* node = leasehold_first(this);
    if (node == nullptr) break;  // a call further out on the stack is telling the remaining nodes
    if (looked++ == kNodesAtOnce) {
      *more = true;
      return nullptr;
    }
    Lease* lease = ToLease(node);
    if (lease == nullptr) {
      // Move sinks of other addons to the end of the list: they come last, since they can do anything.
      leasehold_unlink(node);
      leasehold_link(this, node);
    } else if (lease->IsReachable()) {
      return lease;
    } else {
      delete lease;
    }
  }
  // Later leases will be on the list after those sinks, so the next call must look at all nodes again.
  unseen_ = SIZE_MAX;
  return nullptr;
}

size_t Source::MoveBuffers() {
  while (leasehold_node* first = leasehold_first(&buffers)) {
    BufferLease* buffer = ToBuffer(first);
    const size_t moved = buffer->mapping ? buffer->mapping->CopyPages(kMovedAtOnce) : 0;
    if (moved > 0) return moved;
    delete buffer;
  }
  return 0;
}

bool Source::AskSinks(size_t* refused) {
  *refused = 0;
  if (length == 0) return true;
  if (to_ask_ == 0) {
    if (most_refusals_ > 0 && ++rounds_ == most_refusals_) {
      leasehold_end(this);
      return true;
    }
    to_ask_ = length;
    refused_ = 0;
  }
  const size_t now = std::min(to_ask_, kNodesAtOnce);
  to_ask_ -= now;
  const Watch watch(this);
  const size_t without = leasehold_ask_some(this, now);
  if (watch.gone()) return true;
  refused_ += without;
  to_ask_ = std::min(to_ask_, length);
  if (to_ask_ == 0) *refused = refused_;
  return to_ask_ == 0 && refused_ == 0;
}

}  // namespace leasehold
