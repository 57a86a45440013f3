#include "core/versions/change_record.h"

#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "core/versions/big_endian.h"
#include "core/versions/bounds.h"

namespace leasehold {
namespace {

constexpr uint8_t kRecordFormat = 1;

// What stands of a collection.
constexpr uint8_t kRecordKeys = 0;
constexpr uint8_t kRecordBounds = 1;
constexpr uint8_t kRecordDropped = 2;

constexpr uint32_t kBoundFlags = kRangeLower | kRangeLowerOpen | kRangeUpper | kRangeUpperOpen;

void AppendSlice(Slice bytes, std::string* to) {
  AppendBig(static_cast<uint32_t>(bytes.size), to);
  to->append(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

Slice BytesOfText(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

void AppendText(const std::string& text, std::string* to) { AppendSlice(BytesOfText(text), to); }

Status DamagedRecord() {
  return Status(kCodec, "a record of the log of changes is damaged: restore the database from a copy");
}

void AppendChanged(const ChangedKeys& keys, std::string* to) {
  if (!keys.has_bounds()) {
    to->push_back(kRecordKeys);
    AppendBig(static_cast<uint32_t>(keys.count()), to);
    for (size_t i = 0; i < keys.count(); i++) AppendSlice(keys.key(i), to);
    return;
  }
  const RangeParts bounds = keys.bounds();
  to->push_back(keys.dropped() ? kRecordDropped : kRecordBounds);
  to->push_back(static_cast<char>(bounds.flags));
  AppendSlice(bounds.lower, to);
  AppendSlice(bounds.upper, to);
}

// Reads what may be damaged: beyond the end everything is 0 or empty, and `ok` is false.
struct RecordParser {
  const uint8_t* at;
  const uint8_t* const end;
  bool ok = true;

  Slice Take(size_t size) {
    ok = ok && size <= static_cast<size_t>(end - at);
    if (!ok) return {};
    const Slice taken{at, size};
    at += size;
    return taken;
  }
  template <class Number>
  Number TakeNumber() {
    const Slice bytes = Take(sizeof(Number));
    return ok ? LoadBig<Number>(bytes.data) : Number{0};
  }
  Slice TakeSlice() { return Take(TakeNumber<uint32_t>()); }

  // Reads what stands before the ids.
  Status TakeHead() {
    const auto format = TakeNumber<uint8_t>();
    if (format > kRecordFormat) {
      return Status(kCodec,
                    "the log of changes has a record in a format that this version does not know: use a newer one");
    }
    Take(kNonceBytes + sizeof(CommitStamp::time));
    return ok && format == kRecordFormat ? Status() : DamagedRecord();
  }

  // Reads what stands of one collection: calls `take_key` with each key, or `take_bounds` with the bounds.
  template <class TakeKey, class TakeBounds>
  void TakeChanged(TakeKey take_key, TakeBounds take_bounds) {
    const auto kind = TakeNumber<uint8_t>();
    if (kind == kRecordKeys) {
      for (auto left = TakeNumber<uint32_t>(); ok && left > 0; left--) take_key(TakeSlice());
      return;
    }
    RangeParts bounds;
    bounds.flags = TakeNumber<uint8_t>();
    bounds.lower = TakeSlice();
    bounds.upper = TakeSlice();
    ok = ok && (kind == kRecordBounds || kind == kRecordDropped) && (bounds.flags & ~kBoundFlags) == 0;
    take_bounds(bounds);
  }
};

// Calls `take` with the name of each collection, behind which the parser stands.
template <class Take>
Status EachChanged(Slice record, Take take) {
  RecordParser parser{record.data, record.data + record.size};
  Status status = parser.TakeHead();
  if (!status.ok()) return status;
  for (auto left = parser.TakeNumber<uint32_t>(); parser.ok && left > 0; left--) parser.TakeSlice();
  for (auto left = parser.TakeNumber<uint32_t>(); parser.ok && left > 0; left--) take(parser.TakeSlice(), &parser);
  return parser.ok && parser.at == parser.end ? Status() : DamagedRecord();
}

}  // namespace

Status CommitStamp::Make(CommitStamp* stamp) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  stamp->time = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  if (getentropy(stamp->nonce, kNonceBytes) != 0) return Status(errno, "the system has no random numbers");
  return Status();
}

std::string EncodeRecord(const CommitStamp& stamp, const CommitNotes& notes) {
  std::string record;
  record.push_back(kRecordFormat);
  record.append(reinterpret_cast<const char*>(stamp.nonce), kNonceBytes);
  AppendBig(stamp.time, &record);
  AppendBig(static_cast<uint32_t>(notes.ids().size()), &record);
  for (const std::string& id : notes.ids()) AppendText(id, &record);
  AppendBig(static_cast<uint32_t>(notes.collections().size()), &record);
  for (const auto& [name, keys] : notes.collections()) {
    AppendText(name, &record);
    AppendChanged(keys, &record);
  }
  return record;
}

Status RecordTouches(Slice record, const std::string& collection, const RangeParts& range, bool* touches) {
  *touches = false;
  return EachChanged(record, [&](Slice name, RecordParser* parser) {
    const bool is_wanted = IsSame(name, BytesOfText(collection));
    const auto note = [&](bool touched) { *touches = *touches || (is_wanted && touched); };
    parser->TakeChanged([&](Slice key) { note(Covers(range, key)); },
                        [&](const RangeParts& bounds) { note(Overlap(bounds, range)); });
  });
}

Status ReadChange(Slice record, const std::string& collection, RecordedChange* change) {
  *change = RecordedChange();
  return EachChanged(record, [&](Slice name, RecordParser* parser) {
    const bool is_wanted = IsSame(name, BytesOfText(collection));
    parser->TakeChanged(
        [&](Slice key) {
          if (is_wanted && parser->ok) change->keys.push_back(key);
        },
        [&](const RangeParts&) {
          if (is_wanted) change->has_keys = false;
        });
  });
}

Status RecordHasId(Slice record, const std::string& id, bool* has) {
  *has = false;
  RecordParser parser{record.data, record.data + record.size};
  Status status = parser.TakeHead();
  if (!status.ok()) return status;
  for (auto left = parser.TakeNumber<uint32_t>(); parser.ok && left > 0; left--) {
    *has = IsSame(parser.TakeSlice(), BytesOfText(id)) || *has;
  }
  return parser.ok ? Status() : DamagedRecord();
}

}  // namespace leasehold
