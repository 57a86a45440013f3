#include "core/transact/overlay.h"

#include <algorithm>
#include <cerrno>

#include "core/expiry/expiry.h"
#include "core/range/snapshot_rows.h"
#include "core/store/write_transaction.h"
#include "core/transact/overlay_rows.h"
#include "core/versions/header.h"

namespace leasehold {
namespace {

// How the names of collections begin in which leasehold itself remembers something.
constexpr std::string_view kOwnNames = "__leasehold";

bool HasExpired(const Collection& collection, const Overlay::Write& write) {
  return collection.expires() && IsExpired(TimeBefore(write.value.data), CurrentTime());
}

}  // namespace

Status Overlay::Use(Collection* collection, Work** work) {
  *work = nullptr;
  const auto known = works_.find(collection);
  if (known != works_.end()) {
    *work = &known->second;
    return Status();
  }
  if (!collection->has_versions()) {
    if (std::string_view(collection->name).substr(0, kOwnNames.size()) == kOwnNames) return Status();
    return Status(kInvalidArgument,
                  collection->has_duplicates()
                      ? "a collection with dupSort has no versions, which env.transact() needs: use "
                        "env.read() and env.write()"
                      : "env.transact() is for collections with versions: this one was made without `versions: true`");
  }
  *work = &works_.emplace(collection, collection).first->second;
  return Status();
}

Status Overlay::Get(Collection* collection, Slice key, MDB_val* value) {
  Work* work;
  Status status = Use(collection, &work);
  if (!status.ok()) return status;
  if (work == nullptr) return transaction_->GetStored(collection, key, value);
  const auto own = work->writes.find(ViewOf(key));
  if (own != work->writes.end()) {
    if (own->second.deleted || HasExpired(*collection, own->second)) return Status(MDB_NOTFOUND);
    *value = ToVal(own->second.value);
    return own->second.only_adds() ? NoteKey(work, key, own->second.version) : Status();
  }
  if (work->cleared.Contains(ViewOf(key))) return Status(MDB_NOTFOUND);
  status = transaction_->GetStored(collection, key, value);
  if (!status.ok() && status.code() != MDB_NOTFOUND) return status;
  Status noted =
      NoteKey(work, key, status.ok() ? TidBefore(*collection, static_cast<const uint8_t*>(value->mv_data)) : 0);
  return noted.ok() ? std::move(status) : std::move(noted);
}

Status Overlay::NoteKey(Work* work, Slice key, uint64_t version) {
  if (!notes_reads_ || work->read_ranges.Contains(ViewOf(key))) return Status();
  const auto known = work->read_keys.lower_bound(ViewOf(key));
  if (known != work->read_keys.end() && known->first == ViewOf(key)) return Status();
  const Slice copy = Copy(key);
  if (copy.data == nullptr) return Status(ENOMEM);
  work->read_keys.emplace_hint(known, ViewOf(copy), version);
  return Status();
}

Status Overlay::StoredVersion(Work* work, Slice key, uint64_t* version) {
  *version = 0;
  MDB_val value;
  Status status = transaction_->GetStored(work->collection, key, &value);
  if (status.code() == MDB_NOTFOUND) return Status();
  if (status.ok()) *version = TidBefore(*work->collection, static_cast<const uint8_t*>(value.mv_data));
  return status;
}

Status Overlay::CountStored(Work* work, const KeyRange& range, uint64_t* count) {
  *count = 0;
  if (range.IsEmpty()) return Status();
  if (range.from.empty() && range.to.empty()) {
    MDB_stat stat;
    Status status = transaction_->Stat(work->collection, &stat);
    if (status.ok()) *count = stat.ms_entries;
    return status;
  }
  std::unique_ptr<Rows> rows;
  Status status = SnapshotRows::Open(transaction_, work->collection, range.ToOptions(false, true), &rows);
  return status.ok() ? rows->Count(count) : status;
}

Status Overlay::Count(Work* work, const RangeOptions& options, uint64_t* count) {
  const KeyRange range(options);
  Status status = CountStored(work, range, count);
  for (auto cleared = work->cleared.begin(); status.ok() && cleared != work->cleared.end(); ++cleared) {
    uint64_t hidden;
    status = CountStored(work, range.Intersection(KeyRange(cleared->first, cleared->second)), &hidden);
    *count -= hidden;
  }
  if (!status.ok()) return status;
  for (auto own = work->writes.lower_bound(range.from); own != work->writes.end() && range.Contains(own->first);
       ++own) {
    *count += static_cast<uint64_t>(own->second.difference());
  }
  *count = std::min(*count - std::min(*count, options.offset), options.limit);
  NoteRange(work, range);
  return Status();
}

bool Overlay::has_writes() const {
  return std::any_of(works_.begin(), works_.end(),
                     [](const auto& entry) { return !entry.second.writes.empty() || !entry.second.cleared.empty(); });
}

Slice Overlay::Copy(Slice bytes) {
  uint8_t* copy = arena_.Allocate(bytes.size);
  if (copy == nullptr) return Slice();
  if (bytes.size > 0) memcpy(copy, bytes.data, bytes.size);
  return Slice{copy, bytes.size};
}

Slice Overlay::Copy(Slice value, const Collection& collection, uint64_t time) {
  const uint32_t header = collection.header_bytes;
  uint8_t* copy = arena_.Allocate(header + value.size);
  if (copy == nullptr) return Slice();
  WriteHeader(collection, {.tid = 0, .time = time}, copy);
  if (value.size > 0) memcpy(copy + header, value.data, value.size);
  return Slice{copy + header, value.size};
}

}  // namespace leasehold
