// Walking ranges, and counting.
#include <string.h>

#include <utility>

#include "addon/arguments.h"
#include "addon/lending.h"
#include "addon/range_arguments.h"

namespace leasehold {
namespace {

// A scan's one lease may describe more at once: at most one batch of it is ever moved.
constexpr size_t kReaimedBytes = 128 * 1024;
// What rangeNextCopies copies at once: so much is kept alive by one sink of it.
constexpr size_t kCopiedBytes = 8192;
// A table with less room than this is given up.
constexpr uint32_t kLeastRoom = 64;

// rangeOpen(transaction, collection, flags, lowerOffset, lowerLength, upperOffset, upperLength, limit)
napi_value RangeOpen(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  RangeParts range;
  if (!ReadRange(arguments, &transaction, &collection, &range)) return nullptr;
  auto cursor = std::make_unique<OpenCursor>();
  cursor->reaimed = (range.flags & kRangeReaimed) != 0;
  const Status status = RangeCursor::Open(transaction, collection, RangeOptions(range), &cursor->core);
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

napi_value ThrowRange(Addon* addon, const RangeCursor& cursor, const Status& status) {
  return addon->Throw(status, "range() of " + cursor.collection().Title(), PathOf(*cursor.transaction()));
}

// The rows that a scan fills again and again, in the current table. Null if it has no room.
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

// rangeNext(cursor, lease, rows)
napi_value RangeNext(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Addon* addon = arguments.addon();
  OpenCursor* cursor;
  uint32_t max;
  if (!arguments.Cursor(0, &cursor) || !arguments.Object(1) || !arguments.Uint32(2, &max)) return nullptr;
  if (cursor->core->transaction()->is_write()) return FromInt32(env, kPrivateRow);
  auto* transaction = static_cast<ReadTransaction*>(cursor->core->transaction());

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
    const Status status = cursor->core->Fill(rows, max, cursor->reaimed ? kReaimedBytes : kLeaseBytes, &batch);
    if (!status.ok()) return ThrowRange(addon, *cursor->core, status);
  }
  uint32_t* control = addon->control.data;
  control[kControlDone] = cursor->core->done();
  if (batch.needs_copy) return FromInt32(env, kPrivateRow);
  if (batch.count == 0) return FromInt32(env, 0);
  const Status budget = CheckBudget(addon, transaction, batch.bytes);
  if (!budget.ok()) {
    cursor->refused = batch;
    cursor->refused_rows.assign(rows, rows + batch.count);
    return ThrowRange(addon, *cursor->core, budget);
  }

  Lease* lease = cursor->lease;
  if (lease == nullptr) {
    lease = Lend(addon, transaction, arguments[1]);
    if (cursor->reaimed) {
      cursor->lease = lease;
      lease->holder = &cursor->lease;
    }
  }
  SetRows(lease, *transaction, rows, batch.count, batch.bytes, batch.key_window, batch.value_window);
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
  MDB_val key;
  MDB_val value;
  bool found;
  const Status status = cursor->core->Step(&key, &value, &found);
  if (!status.ok()) return ThrowRange(addon, *cursor->core, status);
  if (!found) return FromInt32(env, 0);
  addon->found_key = ToSlice(key);
  addon->found_value = ToSlice(value);
  addon->control.data[kControlKeyLength] = static_cast<uint32_t>(key.mv_size);
  addon->control.data[kControlValueLength] = static_cast<uint32_t>(value.mv_size);
  if (target <= addon->io.size && key.mv_size + value.mv_size <= addon->io.size - target) {
    memcpy(addon->io.data + target, key.mv_data, key.mv_size);
    memcpy(addon->io.data + target + key.mv_size, value.mv_data, value.mv_size);
  }
  return FromInt32(env, 1);
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
  RangeCursor& core = *cursor->core;
  if (take_back > 0) {
    if (take_back >= core.copied_rows().size()) return addon->ThrowType("argument 3 must be less than the last answer");
    core.TakeBack(take_back);
  }
  if (target > addon->io.size) return addon->ThrowType("argument 1 must be a place in the shared buffer");
  const size_t room = std::min(addon->io.size - target, kCopiedBytes);
  max = std::min<uint32_t>(max, room / 2 / sizeof(leasehold_row));
  uint32_t count;
  const Status status = core.Copy(max, room - max * sizeof(leasehold_row), &count);
  if (!status.ok()) return ThrowRange(addon, core, status);
  uint32_t* control = addon->control.data;
  control[kControlDone] = core.done();
  if (count == 0) return FromInt32(env, core.done() ? 0 : kPrivateRow);
  uint8_t* out = addon->io.data + target;
  const auto rows_size = static_cast<uint32_t>(count * sizeof(leasehold_row));
  for (leasehold_row row : core.copied_rows()) {
    row.key_offset += rows_size;
    row.value_offset += rows_size;
    memcpy(out, &row, sizeof(row));
    out += sizeof(row);
  }
  const Slice bytes = core.copied_bytes();
  if (bytes.size > 0) memcpy(out, bytes.data, bytes.size);
  control[kControlBytes] = static_cast<uint32_t>(rows_size + bytes.size);
  return FromInt32(env, static_cast<int32_t>(count));
}

// rangeClose(cursor): does nothing if its transaction has closed it.
napi_value RangeClose(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Addon* addon = arguments.addon();
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return nullptr;
  OpenCursor* cursor = addon->cursors.Find(handle);
  if (cursor == nullptr) return Done(env);
  if (cursor->core && !cursor->core->transaction()->is_write()) {
    auto& open = static_cast<ReadTransaction*>(cursor->core->transaction())->cursors;
    open.erase(std::remove(open.begin(), open.end(), handle), open.end());
  }
  // A scan's rows go back to the table if nothing was put behind them, and its lease ends with it.
  if (cursor->rows != nullptr && cursor->rows + cursor->row_capacity == addon->table.data + addon->table_used) {
    addon->table_used -= cursor->row_capacity;
  }
  addon->cursors.Remove(handle);
  return Done(env);
}

// count(transaction, collection, flags, lowerOffset, lowerLength, upperOffset, upperLength, limit)
napi_value Count(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  RangeParts range;
  if (!ReadRange(arguments, &transaction, &collection, &range)) return nullptr;
  uint64_t count = 0;
  Status status;
  if ((range.flags & (kRangeLower | kRangeUpper)) == 0) {
    MDB_stat stat;
    status = transaction->Stat(collection, &stat);
    count = std::min<uint64_t>(stat.ms_entries, range.limit);
  } else {
    range.flags &= ~kRangeReverse;
    std::unique_ptr<RangeCursor> cursor;
    status = RangeCursor::Open(transaction, collection, RangeOptions(range), &cursor);
    if (status.ok()) status = cursor->Count(&count);
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
          {"rangeClose", RangeClose},
          {"count", Count}};
}

}  // namespace leasehold
