// Reading and counting ranges.
#include <string.h>

#include <utility>

#include "addon/arguments.h"
#include "addon/lending.h"
#include "addon/range_arguments.h"
#include "core/range/open_range.h"

namespace leasehold {
namespace {

// The most bytes of a scan's batch. More than of other leases, since a scan has one lease: at most one batch is moved.
constexpr size_t kReaimedBytes = 128 * 1024;
// The most bytes that rangeNextCopies copies at once. One sink keeps all of them alive.
constexpr size_t kCopiedBytes = 8192;
constexpr size_t kMostCopiedRows = kCopiedBytes / 2 / sizeof(leasehold_row);
// A table with room for fewer rows than this is replaced.
constexpr uint32_t kLeastRoom = 64;

// rangeOpen(transaction, collection, flags, boundsOffset, lowerLength, upperLength, limit, offset)
napi_value RangeOpen(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  RangeParts range;
  if (!ReadRange(arguments, &transaction, &collection, &range)) return nullptr;
  auto cursor = std::make_unique<OpenCursor>();
  cursor->transaction = transaction;
  cursor->collection = collection;
  cursor->reaimed = (range.flags & kRangeReaimed) != 0;
  const Status status = OpenRange(transaction, collection, RangeOptions(range), &cursor->core);
  if (!status.ok()) return addon->Throw(status, "range() of " + collection->Title(), PathOf(*transaction));
  OpenCursor* opened = cursor.get();
  const int32_t handle = addon->cursors.Add(std::move(cursor));
  if (handle < 0)
    return addon->Throw(
        Status(kBusy, "too many ranges are open in this thread: finish their iterators, or call return()"), "");
  opened->handle = handle;
  if (!transaction->is_write()) static_cast<ReadTransaction*>(transaction)->cursors.push_back(handle);
  return FromInt32(env, handle);
}

napi_value ThrowRange(Addon* addon, const OpenCursor& cursor, const Status& status) {
  return addon->Throw(status, "range() of " + cursor.collection->Title(), PathOf(*cursor.transaction));
}

// A scan's rows in the current table, which each batch overwrites. Null if the table has no room for them.
leasehold_row* ReaimedRows(Addon* addon, OpenCursor* cursor, uint32_t* rows) {
  const auto& table = addon->table;
  const bool in_table = cursor->rows >= table.data && cursor->rows < table.data + table.size;
  if (!in_table || cursor->row_capacity < *rows) {
    const auto room = static_cast<uint32_t>(table.size) - addon->table_used;
    if (room < std::min(*rows, kLeastRoom)) return nullptr;
    cursor->row_capacity = std::min(room, *rows);
    cursor->rows = table.data + addon->table_used;
    addon->table_used += cursor->row_capacity;
  }
  *rows = std::min(*rows, cursor->row_capacity);
  return cursor->rows;
}

// Stores a batch that cannot be returned now, for the next call.
void Refuse(OpenCursor* cursor, const Batch& batch, const leasehold_row* rows) {
  cursor->refused = batch;
  cursor->refused_rows.assign(rows, rows + batch.count);
}

// rangeNext(cursor, lease, rows)
napi_value RangeNext(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Addon* addon = arguments.addon();
  OpenCursor* cursor;
  uint32_t max;
  if (!arguments.Cursor(0, &cursor) || !arguments.Object(1) || !arguments.Uint32(2, &max)) return nullptr;
  if (cursor->transaction->is_write()) return FromInt32(env, kPrivateRow);
  auto* transaction = static_cast<ReadTransaction*>(cursor->transaction);

  leasehold_row* rows;
  if (cursor->reaimed) {
    rows = ReaimedRows(addon, cursor, &max);
    if (rows == nullptr) return FromInt32(env, kNeedsTable);
  } else {
    const auto room = static_cast<uint32_t>(addon->table.size) - addon->table_used;
    if (room < std::min(max, kLeastRoom)) return FromInt32(env, kNeedsTable);
    max = std::min(max, room);
    rows = addon->table.data + addon->table_used;
  }
  Batch batch = std::exchange(cursor->refused, Batch{});
  if (batch.count > max) {
    cursor->refused = batch;
    return FromInt32(env, kNeedsTable);
  }
  if (batch.count > 0) {
    std::copy(cursor->refused_rows.begin(), cursor->refused_rows.end(), rows);
  } else {
    const Status status = cursor->core->Fill(rows, max, cursor->reaimed ? kReaimedBytes : kGroupBytes, &batch);
    if (!status.ok()) return ThrowRange(addon, *cursor, status);
  }
  uint32_t* control = addon->control.data;
  control[kControlDone] = cursor->core->done();
  if (batch.needs_step) return FromInt32(env, kPrivateRow);
  if (batch.count == 0) return FromInt32(env, 0);
  const Status budget = CheckBudget(addon, transaction, batch.bytes);
  if (!budget.ok()) {
    Refuse(cursor, batch, rows);
    return ThrowRange(addon, *cursor, budget);
  }

  if (cursor->reaimed) {
    if (cursor->lease == nullptr) {
      cursor->lease = Lend(addon, transaction, arguments[1]);
      cursor->lease->holder = &cursor->lease;
    }
    SetRows(cursor->lease, *transaction, rows, batch.count, cursor->core->lead(), batch.bytes, batch.key_window,
            batch.value_window);
  } else {
    LendBatch(addon, transaction, cursor, arguments[1], batch, rows);
  }
  control[kControlBase] = static_cast<uint32_t>((rows - addon->table.data) * 4);
  if (!cursor->reaimed) addon->table_used += batch.count;
  SetWindows(addon, *transaction, batch.key_window, batch.value_window);
  return FromInt32(env, static_cast<int32_t>(batch.count));
}

// rangeNextPrivate(cursor, target)
napi_value RangeNextPrivate(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Addon* addon = arguments.addon();
  OpenCursor* cursor;
  uint32_t target;
  if (!arguments.Cursor(0, &cursor) || !arguments.Uint32(1, &target)) return nullptr;
  Slice key;
  Slice value;
  bool found = true;
  if (cursor->refused.count == 1) {
    const Batch batch = std::exchange(cursor->refused, Batch{});
    const leasehold_row& row = cursor->refused_rows[0];
    key = Slice{batch.keys + row.key_offset, row.key_length};
    value = Slice{batch.values + row.value_offset, row.value_length};
  } else {
    const Status status = cursor->core->Step(&key, &value, &found);
    if (!status.ok()) return ThrowRange(addon, *cursor, status);
  }
  if (!found) return FromInt32(env, 0);
  // With the value's header.
  value = Slice{value.data - cursor->core->lead(), value.size + cursor->core->lead()};
  addon->found_key = key;
  addon->found_value = value;
  addon->control.data[kControlKeyLength] = static_cast<uint32_t>(key.size);
  addon->control.data[kControlValueLength] = static_cast<uint32_t>(value.size);
  if (target <= addon->io.size && key.size + value.size <= addon->io.size - target) {
    memcpy(addon->io.data + target, key.data, key.size);
    if (value.size > 0) memcpy(addon->io.data + target + key.size, value.data, value.size);
  }
  return FromInt32(env, 1);
}

// Copies rows to `out`, and the bytes that they describe to `out + at`, with the `lead` bytes before each value. The
// offsets in the copied rows count from `out`.
void CopyRows(const Batch& batch, uint32_t lead, leasehold_row* rows, uint8_t* out, uint32_t at) {
  uint8_t* bytes = out + at;
  for (uint32_t i = 0; i < batch.count; i++) {
    leasehold_row& row = rows[i];
    memcpy(bytes, batch.keys + row.key_offset, row.key_length);
    bytes += row.key_length;
    const uint32_t value_length = lead + row.value_length;
    if (value_length > 0) memcpy(bytes, batch.values + row.value_offset - lead, value_length);
    bytes += value_length;
    row = {at, row.key_length, at + row.key_length + lead, row.value_length};
    at += row.key_length + value_length;
  }
  memcpy(out, rows, batch.count * sizeof(leasehold_row));
}

// rangeNextCopies(cursor, target, rows, takeBack)
napi_value RangeNextCopies(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Addon* addon = arguments.addon();
  OpenCursor* cursor;
  uint32_t target;
  uint32_t max;
  uint32_t take_back;
  if (!arguments.Cursor(0, &cursor) || !arguments.Uint32(1, &target) || !arguments.Uint32(2, &max) ||
      !arguments.Uint32(3, &take_back)) {
    return nullptr;
  }
  Rows& core = *cursor->core;
  if (take_back > 0 && !core.TakeBack(take_back)) {
    return addon->ThrowType("argument 3 must be less than the last answer");
  }
  if (target > addon->io.size) return addon->ThrowType("argument 1 must be a place in the shared buffer");
  leasehold_row rows[kMostCopiedRows];
  const size_t room = std::min(addon->io.size - target, kCopiedBytes);
  max = std::min<uint32_t>(max, room / 2 / sizeof(leasehold_row));
  if (max == 0 || cursor->refused.count > 0) return FromInt32(env, kPrivateRow);
  const size_t budget = room - max * sizeof(leasehold_row);
  Batch batch;
  const Status status = core.Fill(rows, max, budget, &batch);
  if (!status.ok()) return ThrowRange(addon, *cursor, status);
  uint32_t* control = addon->control.data;
  control[kControlDone] = core.done();
  if (batch.count == 0) return FromInt32(env, batch.needs_step ? kPrivateRow : 0);
  if (batch.bytes > budget) {
    Refuse(cursor, batch, rows);
    return FromInt32(env, kPrivateRow);
  }
  const auto rows_size = static_cast<uint32_t>(batch.count * sizeof(leasehold_row));
  CopyRows(batch, core.lead(), rows, addon->io.data + target, rows_size);
  control[kControlBytes] = static_cast<uint32_t>(rows_size + batch.bytes);
  return FromInt32(env, static_cast<int32_t>(batch.count));
}

// rangeSeek(cursor, offset, length, isPair, unread)
napi_value RangeSeek(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  Addon* addon = arguments.addon();
  OpenCursor* cursor;
  Slice bytes;
  bool is_pair;
  uint32_t unread;
  if (!arguments.Cursor(0, &cursor) || !arguments.Io(1, &bytes) || !arguments.Bool(3, &is_pair) ||
      !arguments.Uint32(4, &unread)) {
    return nullptr;
  }
  RangeBound place;
  place.Assign(bytes, is_pair);
  const uint64_t refused = std::exchange(cursor->refused, Batch{}).count;
  const Status status = cursor->core->Seek(place, unread + refused);
  return status.ok() ? Done(env) : ThrowRange(addon, *cursor, status);
}

// rangeClose(cursor): does nothing if the end of the transaction has closed the cursor.
napi_value RangeClose(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Addon* addon = arguments.addon();
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return nullptr;
  OpenCursor* cursor = addon->cursors.Find(handle);
  if (cursor == nullptr) return Done(env);
  if (cursor->core && !cursor->transaction->is_write()) {
    auto& open = static_cast<ReadTransaction*>(cursor->transaction)->cursors;
    open.erase(std::remove(open.begin(), open.end(), handle), open.end());
  }
  // A scan's rows are given back to the table if they are its last ones. The lease of the scan is deleted with the
  // cursor.
  if (cursor->rows != nullptr && cursor->rows + cursor->row_capacity == addon->table.data + addon->table_used) {
    addon->table_used -= cursor->row_capacity;
  }
  addon->cursors.Remove(handle);
  return Done(env);
}

// count(transaction, collection, flags, boundsOffset, lowerLength, upperLength, limit, offset)
napi_value Count(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  RangeParts range;
  if (!ReadRange(arguments, &transaction, &collection, &range)) return nullptr;
  uint64_t count = 0;
  Status status;
  const bool counts_keys = (range.flags & kRangeDistinct) != 0 && collection->has_duplicates();
  const bool counts_pages = transaction->overlay() == nullptr && !collection->expires() && !counts_keys;
  if ((range.flags & (kRangeLower | kRangeUpper)) == 0 && counts_pages) {
    MDB_stat stat;
    status = transaction->Stat(collection, &stat);
    const uint64_t entries = stat.ms_entries;
    count = std::min(entries - std::min(entries, range.offset), range.limit);
  } else {
    range.flags &= ~kRangeReverse;
    std::unique_ptr<Rows> rows;
    status = OpenRange(transaction, collection, RangeOptions(range), &rows);
    if (status.ok()) status = rows->Count(&count);
  }
  if (!status.ok()) return addon->Throw(status, "count() of " + collection->Title(), PathOf(*transaction));
  return FromDouble(env, static_cast<double>(count));
}

}  // namespace

Functions RangeFunctions() {
  return {{"rangeOpen", RangeOpen},
          {"rangeNext", RangeNext},
          {"rangeNextPrivate", RangeNextPrivate},
          {"rangeNextCopies", RangeNextCopies},
          {"rangeSeek", RangeSeek},
          {"rangeClose", RangeClose},
          {"count", Count}};
}

}  // namespace leasehold
