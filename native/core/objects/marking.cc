#include "core/objects/marking.h"

#include <iterator>

#include "core/lmdb/slices.h"
#include "core/range/open_range.h"
#include "core/versions/big_endian.h"
#include "core/versions/change_reader.h"
#include "core/versions/change_record.h"

namespace leasehold {
namespace {

constexpr size_t kObjectIdBytes = sizeof(uint64_t);
constexpr size_t kCountBytes = sizeof(uint32_t);
// After so many entries of one owner, the next owner is searched instead of stepped to.
constexpr int kMostSteps = 16;

std::string KeyOf(uint64_t id) {
  std::string key;
  AppendBig(id, &key);
  return key;
}

// 0, which is the id of no object, for a key that is too short.
uint64_t IdAt(Slice key) { return key.size < kObjectIdBytes ? 0 : LoadBig<uint64_t>(key.data); }

// Opens the rows behind a key, or all if it is empty.
Status OpenWalk(Transaction* transaction, Collection* collection, const std::string& after, bool keys_only,
                std::unique_ptr<Rows>* rows) {
  RangeParts parts;
  if (!after.empty()) parts.flags = kRangeLower | kRangeLowerOpen;
  parts.lower = {reinterpret_cast<const uint8_t*>(after.data()), after.size()};
  if (keys_only) parts.flags |= kRangeKeysOnly;
  return OpenAllRows(transaction, collection, RangeOptions(parts), rows);
}

void Remember(Slice key, std::string* after) { after->assign(reinterpret_cast<const char*>(key.data), key.size); }

}  // namespace

void Marking::Reach(uint64_t id) {
  ObjectIds::Page* page = ids_.Find(id);
  // What was not listed is newer than the list, or absent: neither can be garbage.
  if (page == nullptr || !ObjectIds::Has(page->listed, id) || !ObjectIds::Set(&page->reached, id)) return;
  reached_++;
  pending_.push_back(id);
}

Status Marking::ReachAll(uint64_t owner, Slice value) {
  const uint8_t* const end = value.data + value.size;
  const uint64_t count = value.size < kCountBytes ? UINT64_MAX : LoadBig<uint32_t>(end - kCountBytes);
  if (count > (value.size - kCountBytes) / kObjectIdBytes) {
    if (skipped_.contains(owner)) return Status();
    damaged_ = owner;
    return Status(kCodec, "a record is damaged");
  }
  for (const uint8_t* id = end - kCountBytes - count * kObjectIdBytes; id != end - kCountBytes; id += kObjectIdBytes) {
    Reach(LoadBig<uint64_t>(id));
  }
  return Status();
}

Status Marking::List(Transaction* transaction, ObjectCollections of, Until until, bool* done) {
  *done = false;
  SliceClock clock(until);
  if (!place_.in_items) {
    bool listed;
    Status status = ListObjects(transaction, of.objects, &clock, &listed);
    if (!status.ok() || !listed) return status;
    place_ = Place{true, {}};
  }
  Status status = ListOwners(transaction, of.items, &clock, done);
  if (*done) place_ = Place{};
  return status;
}

Status Marking::ListObjects(Transaction* transaction, Collection* objects, SliceClock* clock, bool* done) {
  *done = false;
  std::unique_ptr<Rows> rows;
  Status status = OpenWalk(transaction, objects, place_.after, true, &rows);
  while (status.ok()) {
    Slice key;
    Slice value;
    bool found;
    status = rows->Step(&key, &value, &found);
    *done = status.ok() && !found;
    if (!status.ok() || !found) break;
    if (key.size == kObjectIdBytes && ObjectIds::Set(&ids_.FindOrAdd(IdAt(key))->listed, IdAt(key))) listed_++;
    if (!clock->IsOver()) continue;
    Remember(key, &place_.after);
    break;
  }
  return status;
}

Status Marking::ListOwners(Transaction* transaction, Collection* items, SliceClock* clock, bool* done) {
  *done = false;
  std::unique_ptr<Rows> rows;
  Status status = OpenWalk(transaction, items, place_.after, true, &rows);
  uint64_t owner = 0;
  int steps = 0;
  while (status.ok()) {
    Slice key;
    Slice value;
    bool found;
    status = rows->Step(&key, &value, &found);
    *done = status.ok() && !found;
    if (!status.ok() || !found) break;
    steps = IdAt(key) == owner ? steps + 1 : 0;
    owner = IdAt(key);
    if (steps == 0) {
      if (ObjectIds::Page* page = ids_.Find(owner)) ObjectIds::Set(&page->owns, owner);
    }
    const bool is_over = clock->IsOver();
    if (steps < kMostSteps && !is_over) continue;
    // Behind all rows of this owner. The keys of rows are longer than an id, so none of the next owner is left out.
    place_.after = KeyOf(owner + 1);
    if (is_over) break;
    steps = 0;
    status = OpenWalk(transaction, items, place_.after, true, &rows);
  }
  return status;
}

Status Marking::Mark(Transaction* transaction, ObjectCollections of, Until until, bool* done) {
  *done = false;
  if (!begun_) Reach(root_);
  begun_ = true;
  SliceClock clock(until);
  while (owner_ != 0 || !pending_.empty()) {
    if (owner_ == 0) {
      const uint64_t id = pending_.back();
      pending_.pop_back();
      Status status = Visit(transaction, of, id);
      if (!status.ok()) return status;
    }
    if (owner_ != 0) {
      bool visited;
      Status status = VisitRows(transaction, of.items, until, &visited);
      if (!status.ok() || !visited) return status;
    }
    if (clock.IsOver()) return Status();
  }
  *done = true;
  return Status();
}

Status Marking::Visit(Transaction* transaction, ObjectCollections of, uint64_t id) {
  uint8_t key[kObjectIdBytes];
  StoreBig(id, key);
  MDB_val found;
  Status status = transaction->Get(of.objects, Slice{key, kObjectIdBytes}, &found);
  // It was deleted after it was listed.
  if (status.code() == MDB_NOTFOUND) return Status();
  if (status.ok()) status = ReachAll(id, ToSlice(found));
  if (status.ok() && ObjectIds::Has(ids_.Find(id)->owns, id)) {
    owner_ = id;
    row_ = KeyOf(id);
  }
  return status;
}

Status Marking::VisitRows(Transaction* transaction, Collection* items, Until until, bool* done) {
  *done = false;
  SliceClock clock(until);
  std::unique_ptr<Rows> rows;
  Status status = OpenWalk(transaction, items, row_, false, &rows);
  while (status.ok()) {
    Slice key;
    Slice value;
    bool found;
    status = rows->Step(&key, &value, &found);
    if (!status.ok()) break;
    if (!found || IdAt(key) != owner_) {
      owner_ = 0;
      *done = true;
      break;
    }
    status = ReachAll(owner_, value);
    if (status.ok() && clock.IsOver()) {
      Remember(key, &row_);
      break;
    }
  }
  return status;
}

void Marking::AddOwner(bool is_row, Slice key) {
  const uint64_t id = IdAt(key);
  ObjectIds::Page* page = ids_.Find(id);
  if (is_row && page != nullptr) ObjectIds::Set(&page->owns, id);
  Reach(id);
}

Status Marking::AddKey(Transaction* transaction, Collection* collection, bool is_row, Slice key) {
  MDB_val found;
  Status status = transaction->Get(collection, key, &found);
  if (status.code() == MDB_NOTFOUND) return Status();
  if (!status.ok()) return status;
  AddOwner(is_row, key);
  return ReachAll(IdAt(key), ToSlice(found));
}

Status Marking::AddCommits(Transaction* transaction, ObjectCollections of, Until until, uint64_t* tid, bool* told) {
  *told = true;
  while (true) {
    uint64_t next;
    Slice record;
    Status status = ReadChangeAfter(transaction->txn(), *tid, &next, &record);
    if (!status.ok() || next == 0) return status;
    RecordedChange objects;
    RecordedChange items;
    if (next == *tid + 1) {
      status = ReadChange(record, of.objects->name, &objects);
      if (status.ok()) status = ReadChange(record, of.items->name, &items);
      if (!status.ok()) return status;
    }
    *told = next == *tid + 1 && objects.has_keys && items.has_keys;
    if (!*told) return Status();
    for (size_t i = 0; status.ok() && i < objects.keys.size(); i++) {
      status = AddKey(transaction, of.objects, false, objects.keys[i]);
    }
    for (size_t i = 0; status.ok() && i < items.keys.size(); i++) {
      status = AddKey(transaction, of.items, true, items.keys[i]);
    }
    if (!status.ok()) return status;
    *tid = next;
    if (std::chrono::steady_clock::now() >= until) return Status();
  }
}

Status Marking::AddWritten(Transaction* transaction, ObjectCollections of, uint64_t tid, Until until, bool* done) {
  *done = false;
  SliceClock clock(until);
  while (true) {
    Collection* collection = place_.in_items ? of.items : of.objects;
    std::unique_ptr<Rows> rows;
    Status status = OpenWalk(transaction, collection, place_.after, false, &rows);
    while (status.ok()) {
      Slice key;
      Slice value;
      bool found;
      status = rows->Step(&key, &value, &found);
      if (!status.ok() || !found) break;
      if (LoadBig<uint64_t>(value.data - rows->lead()) > tid) {
        AddOwner(place_.in_items, key);
        status = ReachAll(IdAt(key), value);
      }
      if (status.ok() && clock.IsOver()) {
        Remember(key, &place_.after);
        return Status();
      }
    }
    if (!status.ok()) return status;
    if (place_.in_items) break;
    place_ = Place{true, {}};
  }
  place_ = Place{};
  *done = true;
  return Status();
}

void Marking::Garbage(uint64_t from, size_t most, std::string* pages) const {
  for (const uint64_t number : ids_.PageNumbers()) {
    if (number < from) continue;
    if (most == 0) return;
    const ObjectIds::Page& page = *ids_.Find(number * ObjectIds::kPageIds);
    uint64_t any = 0;
    uint64_t garbage[ObjectIds::kPageIds / 64];
    for (size_t i = 0; i < std::size(garbage); i++) any |= garbage[i] = page.listed[i] & ~page.reached[i];
    if (any == 0) continue;
    most--;
    AppendBig(number, pages);
    for (const uint64_t word : garbage) {
      for (int shift = 0; shift < 64; shift += 8) pages->push_back(static_cast<char>(word >> shift));
    }
  }
}

}  // namespace leasehold
