#include "core/locks/lock_table.h"

#include <algorithm>

#include "core/locks/lock_table_layout.h"

namespace leasehold {
namespace {

bool IsWaiting(uint32_t state) { return (state & ~kRowShared) == kRowWaiting; }
bool IsHeld(uint32_t state) { return (state & ~kRowShared) == kRowHeld; }
uint64_t BitOf(uint64_t number) { return uint64_t{1} << (number % 64); }

}  // namespace

uint32_t LockTable::rows_used() const {
  uint32_t used = std::min(LoadShared(header_->rows_used), kMostLockRows);
  // Touching the map behind the end of the file would be a SIGBUS.
  while (used > 0 && !IsInFile(used - 1)) used /= 2;
  return used;
}

uint64_t LockTable::NextTicket() { return __atomic_add_fetch(&header_->ticket, 1, __ATOMIC_SEQ_CST); }

Status LockTable::Add(std::u16string_view name, uint64_t number, bool shared, bool held, uint64_t ticket,
                      uint32_t thread, uint32_t* row) {
  // From the end of the name to its beginning: a row that is seen has the rest already.
  const size_t parts = name.empty() ? 1 : (name.size() + Row::kUnits - 1) / Row::kUnits;
  uint32_t more = 0;
  for (size_t part = parts; part-- > 0;) {
    Status status = Claim(row);
    if (!status.ok()) {
      if (more != 0) Remove(more - 1);
      return status;
    }
    Row* added = RowAt(*row);
    const std::u16string_view text = name.substr(part * Row::kUnits, Row::kUnits);
    std::copy(text.begin(), text.end(), added->name);
    added->more = more;
    StoreShared(&added->called, 0u);
    StoreShared(&added->stolen, uint64_t{0});
    if (part > 0) StoreShared(&added->state, kRowMore);
    more = *row + 1;
  }
  Row* first = RowAt(*row);
  first->number = number;
  first->thread = thread;
  first->length = static_cast<uint32_t>(name.size());
  StoreShared(&first->ticket, ticket);
  StoreShared(&first->state, (held ? kRowHeld : kRowWaiting) | (shared ? kRowShared : 0));
  if (!held) CountWaiting(number, 1);
  return Status();
}

void LockTable::Remove(uint32_t row) {
  if (IsWaiting(LoadShared(RowAt(row)->state))) CountWaiting(RowAt(row)->number, -1);
  for (uint32_t next = row + 1; next != 0;) {
    Row* removed = RowAt(next - 1);
    StoreShared(&removed->state, kRowSpare);
    spare_.push_back(next - 1);
    next = removed->more;
  }
}

void LockTable::SetHeld(uint32_t row) {
  Row* held = RowAt(row);
  CountWaiting(held->number, -1);
  StoreShared(&held->state, kRowHeld | (held->state & kRowShared));
}

void LockTable::CountWaiting(uint64_t number, int change) {
  uint32_t* count = &waiting_[number % 64];
  *count += static_cast<uint32_t>(change);
  uint64_t* waits = &ClientAt(client_)->waits;
  if (*count == 0) {
    StoreShared(waits, LoadShared(*waits) & ~BitOf(number));
  } else if (*count == 1) {
    StoreShared(waits, LoadShared(*waits) | BitOf(number));
  }
}

bool LockTable::OthersWait(uint64_t number) const {
  const uint32_t used = std::min(LoadShared(header_->clients_used), kMostLockClients);
  for (uint32_t i = 0; i < used; i++) {
    if (i != client_ && (LoadShared(ClientAt(i)->waits) & BitOf(number)) != 0) return true;
  }
  return false;
}

uint32_t LockTable::FirstWaiting(uint64_t number) {
  if (waiting_[number % 64] == 0 && !OthersWait(number)) return kNone;
  for (;;) {
    uint32_t first = kNone;
    uint64_t least = UINT64_MAX;
    const uint32_t used = rows_used();
    for (uint32_t i = 0; i < used; i++) {
      const Row* row = RowAt(i);
      if (!IsWaiting(LoadShared(row->state)) || row->number != number || LoadShared(row->client) == 0) continue;
      const uint64_t ticket = LoadShared(row->ticket);
      if (ticket >= least) continue;
      least = ticket;
      first = i;
    }
    if (first == kNone) return kNone;
    const uint32_t owner = LoadShared(RowAt(first)->client);
    if (owner != 0 && owner <= kMostLockClients && IsAlive(owner - 1)) return first;
    if (owner == 0 || owner > kMostLockClients) return kNone;
    Clean(owner - 1);
    // Another process is cleaning, or has just taken the slot: whoever waits looks again in a moment.
    if (LoadShared(RowAt(first)->client) == owner && IsWaiting(LoadShared(RowAt(first)->state))) return kNone;
  }
}

bool LockTable::IsOwn(uint32_t row) const { return LoadShared(RowAt(row)->client) == client_ + 1; }

bool LockTable::IsShared(uint32_t row) const { return (LoadShared(RowAt(row)->state) & kRowShared) != 0; }

void LockTable::Call(uint32_t row) {
  Row* called = RowAt(row);
  const uint32_t owner = LoadShared(called->client);
  if (owner == 0 || owner > kMostLockClients) return;
  StoreShared(&called->called, 1u);
  SharedSignal(&ClientAt(owner - 1)->signal).Raise();
}

bool LockTable::TakeCalled(uint32_t row) { return __atomic_exchange_n(&RowAt(row)->called, 0u, __ATOMIC_SEQ_CST) != 0; }

void LockTable::Steal(uint64_t number) {
  const uint32_t used = rows_used();
  for (uint32_t i = 0; i < used; i++) {
    Row* row = RowAt(i);
    const uint32_t owner = LoadShared(row->client);
    if (owner == 0 || owner > kMostLockClients || owner == client_ + 1) continue;
    if (!IsHeld(LoadShared(row->state)) || row->number != number) continue;
    // By its number: meanwhile the owner may use the row for another lock, which must stay.
    StoreShared(&row->stolen, number + 1);
    Client* client = ClientAt(owner - 1);
    StoreShared(&client->robbed, 1u);
    SharedSignal(&client->signal).Raise();
  }
}

bool LockTable::TakeRobbed() { return __atomic_exchange_n(&ClientAt(client_)->robbed, 0u, __ATOMIC_SEQ_CST) != 0; }

bool LockTable::IsStolen(uint32_t row) const { return LoadShared(RowAt(row)->stolen) == RowAt(row)->number + 1; }

bool LockTable::ReadName(const Row& row, std::u16string* name) const {
  const uint32_t length = row.length;
  if (length > kMostName) return false;
  const uint32_t used = rows_used();
  const Row* part = &row;
  for (;;) {
    name->append(part->name, std::min(Row::kUnits, length - name->size()));
    if (name->size() >= length) return true;
    const uint32_t next = part->more;
    // A row that is being written, or that has just been used for another name.
    if (next == 0 || next > used) return false;
    part = RowAt(next - 1);
  }
}

std::vector<LockRow> LockTable::Rows() {
  std::vector<LockRow> rows;
  const uint32_t used = rows_used();
  uint32_t last_owner = 0;
  bool is_alive = false;
  for (uint32_t i = 0; i < used; i++) {
    const Row* row = RowAt(i);
    const uint32_t owner = LoadShared(row->client);
    const uint32_t state = LoadShared(row->state);
    if (owner == 0 || owner > kMostLockClients || (!IsWaiting(state) && !IsHeld(state))) continue;
    if (owner != last_owner) is_alive = IsAlive(owner - 1);
    last_owner = owner;
    if (!is_alive) continue;
    LockRow found;
    found.ticket = LoadShared(row->ticket);
    if (!ReadName(*row, &found.name)) continue;
    found.shared = (state & kRowShared) != 0;
    found.held = IsHeld(state);
    found.process = ClientAt(owner - 1)->process;
    found.thread = row->thread;
    // The row was used for another request while it was read.
    if (LoadShared(row->ticket) != found.ticket || LoadShared(row->state) != state) continue;
    rows.push_back(std::move(found));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const LockRow& a, const LockRow& b) { return a.ticket < b.ticket; });
  return rows;
}

}  // namespace leasehold
