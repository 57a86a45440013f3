// Joins.
#include <string.h>

#include "addon/arguments.h"
#include "addon/lending.h"
#include "core/join/hash_join.h"
#include "core/join/join_rows.h"
#include "core/join/merge_join.h"

namespace leasehold {
namespace {

constexpr uint32_t kMostPairs = 4096;

// The plan has kOnNumbers numbers for each place of a side: source, element, field type, whether the field is optional,
// and the field's end.
constexpr uint32_t kSources = JoinPlace::kField + 1;

bool ReadPlace(const uint32_t* numbers, JoinPlace* place) {
  const uint32_t type = numbers[2];
  if (numbers[0] >= kSources || type >= kFieldTypes || numbers[3] > 1) return false;
  place->source = static_cast<JoinPlace::Source>(numbers[0]);
  place->index = numbers[1];
  place->field = {static_cast<FieldType>(type), numbers[3] == 1, numbers[4]};
  // The field must be after a record's header, and inside the largest fixed part.
  return place->source != JoinPlace::kField || (numbers[4] >= 4 + place->field.size() && numbers[4] <= 4 + UINT16_MAX);
}

// Reads the places of the build side, and then as many of the probe side. Their labels are separated by NUL.
bool ReadPlan(const uint32_t* numbers, size_t count, const std::string& labels, JoinOptions* options) {
  const size_t places = count / (2 * kOnNumbers);
  if (places == 0 || places * 2 * kOnNumbers != count) return false;
  size_t label_at = 0;
  for (size_t i = 0; i < 2 * places; i++) {
    JoinPlace place;
    if (!ReadPlace(numbers + i * kOnNumbers, &place)) return false;
    const size_t end = std::min(labels.find('\0', label_at), labels.size());
    place.label = labels.substr(std::min(label_at, labels.size()), end - std::min(label_at, end));
    label_at = end + 1;
    (i < places ? options->build_on : options->probe_on).push_back(std::move(place));
  }
  return true;
}

// Takes the rows of a cursor, and removes its handle.
std::unique_ptr<Rows> TakeCursor(Addon* addon, int32_t handle) {
  OpenCursor* cursor = addon->cursors.Find(handle);
  auto& open = static_cast<ReadTransaction*>(cursor->transaction)->cursors;
  open.erase(std::remove(open.begin(), open.end(), handle), open.end());
  std::unique_ptr<Rows> core = std::move(cursor->core);
  addon->cursors.Remove(handle);
  return core;
}

// Reads the handle of one side of a join: that of a cursor, or a negative number if JavaScript gives the rows.
bool ReadSide(const ArgumentReader& arguments, size_t i, const ReadTransaction* transaction, int32_t* handle) {
  OpenCursor* cursor;
  if (!arguments.Int32(i, handle)) return false;
  if (*handle < 0) return true;
  if (!arguments.Cursor(i, &cursor)) return false;
  return cursor->transaction == transaction || arguments.Fail(i, "a cursor of that transaction");
}

std::unique_ptr<Rows> TakeSide(Addon* addon, int32_t handle, GivenRows** given, uint32_t* lead) {
  if (handle >= 0) {
    std::unique_ptr<Rows> rows = TakeCursor(addon, handle);
    *lead = rows->lead();
    return rows;
  }
  auto rows = std::make_unique<GivenRows>();
  *given = rows.get();
  return rows;
}

// joinOpen(transaction, build, probe, plan, labels, type, maxTableBytes, flags)
Napi::Value JoinOpen(const Napi::CallbackInfo& info) {
  const Arguments<8> arguments(info);
  Addon* addon = arguments.addon();
  ReadTransaction* transaction;
  int32_t build;
  int32_t probe;
  void* plan;
  size_t plan_size;
  std::string labels;
  uint32_t type;
  uint32_t flags;
  JoinOptions options;
  if (!arguments.OpenRead(0, &transaction) || !ReadSide(arguments, 1, transaction, &build) ||
      !ReadSide(arguments, 2, transaction, &probe) || !arguments.TypedArray(3, napi_uint32_array, &plan, &plan_size) ||
      !arguments.String(4, &labels) || !arguments.Uint32(5, &type) || !arguments.Size(6, &options.max_table_bytes) ||
      !arguments.Uint32(7, &flags)) {
    return {};
  }
  if (build >= 0 && build == probe) return addon->ThrowType("arguments 1 and 2 must be two cursors");
  if (type >= kJoinTypes) return addon->ThrowType("argument 5 must be a type of join");
  options.type = static_cast<JoinType>(type);
  if (!ReadPlan(static_cast<const uint32_t*>(plan), plan_size, labels, &options)) {
    return addon->ThrowType("argument 3 must be a plan");
  }
  auto join = std::make_unique<OpenJoin>();
  join->transaction = transaction;
  const auto open = (flags & kJoinMerges) != 0 ? MergeJoin::Open : HashJoin::Open;
  const Status status =
      open(TakeSide(addon, build, &join->build_given, &join->build_lead),
           TakeSide(addon, probe, &join->probe_given, &join->probe_lead), std::move(options), &join->core);
  if (!status.ok()) return addon->Throw(status, "the join", PathOf(*transaction));
  auto& open_joins = join->transaction->joins;
  const int32_t handle = addon->joins.Add(std::move(join));
  if (handle < 0)
    return addon->Throw(
        Status(kBusy, "too many joins are open in this thread: finish their iterators, or call return()"), "");
  open_joins.push_back(handle);
  return FromInt32(info.Env(), handle);
}

// joinGive(join, isProbe, lengths, count, bytes, size)
Napi::Value JoinGive(const Napi::CallbackInfo& info) {
  const Arguments<6> arguments(info);
  Addon* addon = arguments.addon();
  OpenJoin* join;
  bool is_probe;
  void* lengths;
  size_t lengths_size;
  uint32_t count;
  void* bytes;
  size_t bytes_size;
  uint64_t size;
  if (!arguments.Join(0, &join) || !arguments.Bool(1, &is_probe) ||
      !arguments.TypedArray(2, napi_uint32_array, &lengths, &lengths_size) || !arguments.Uint32(3, &count) ||
      !arguments.TypedArray(4, napi_uint8_array, &bytes, &bytes_size) || !arguments.Size(5, &size)) {
    return {};
  }
  GivenRows* given = is_probe ? join->probe_given : join->build_given;
  if (given == nullptr || join->begun) return addon->ThrowType("argument 0 must be a join that is given that side");
  if (count > lengths_size / 2 || size > bytes_size) return addon->ThrowType("arguments 3 and 5 must fit the arrays");
  const Status status =
      given->Add(static_cast<const uint32_t*>(lengths), count, Slice{static_cast<const uint8_t*>(bytes), size});
  if (!status.ok()) return addon->Throw(status, "the join", PathOf(*join->transaction));
  return Done(info.Env());
}

// joinBuild(join, entries)
Napi::Value JoinBuild(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  OpenJoin* join;
  uint64_t entries;
  if (!arguments.Join(0, &join) || !arguments.Size(1, &entries)) return {};
  join->begun = true;
  const Status status = join->built ? Status() : join->core->Build(entries, &join->built);
  if (!status.ok()) return arguments.addon()->Throw(status, "the join", PathOf(*join->transaction));
  return FromBool(info.Env(), join->built);
}

// Reads an argument that must be a join whose build side has been read.
bool BuiltJoin(const ArgumentReader& arguments, size_t i, OpenJoin** join) {
  if (!arguments.Join(i, join)) return false;
  return (*join)->built || arguments.Fail(i, "a join that is built");
}

PairForm FormOf(const OpenJoin& join) {
  return {{join.build_given != nullptr, join.build_lead}, {join.probe_given != nullptr, join.probe_lead}};
}

// joinNext(join, buildLease, probeLease, rows, copies)
Napi::Value JoinNext(const Napi::CallbackInfo& info) {
  const Arguments<5> arguments(info);
  Addon* addon = arguments.addon();
  OpenJoin* join;
  uint32_t max;
  bool copies;
  if (!BuiltJoin(arguments, 0, &join) || !arguments.Object(1) || !arguments.Object(2) || !arguments.Uint32(3, &max) ||
      !arguments.Bool(4, &copies)) {
    return {};
  }
  ReadTransaction* transaction = join->transaction;
  max = std::min(max, kMostPairs);
  const auto room = static_cast<uint32_t>(addon->table.size - addon->table_used) / 2;
  if (max == 0 || (!copies && room < max)) return FromInt32(info.Env(), kNeedsTable);
  const Pair* pairs;
  uint32_t count;
  const Status status = join->core->Peek(max, &pairs, &count);
  if (!status.ok()) return addon->Throw(status, "the join", PathOf(*transaction));
  if (count == 0) return FromInt32(info.Env(), 0);
  count = std::min(count, max);

  uint32_t* control = addon->control.data;
  leasehold_row* probe_rows = addon->table.data + addon->table_used;
  leasehold_row* build_rows = probe_rows + count;
  LentPairs lent;
  const PairForm form = FormOf(*join);
  if (!copies) lent = LendPairs(*transaction, form, pairs, count, build_rows, probe_rows);
  if (copies || lent.needs_copy) {
    const CopiedPairs copied = MeasurePairs(form, pairs, count);
    control[kControlRows] = copied.count;
    control[kControlKeyLength] = static_cast<uint32_t>(copied.build_bytes);
    control[kControlValueLength] = static_cast<uint32_t>(copied.probe_bytes);
    return FromInt32(info.Env(), kPrivateRow);
  }
  const Status budget = CheckBudget(addon, transaction, lent.build.bytes + lent.probe.bytes);
  if (!budget.ok()) return addon->Throw(budget, "the join", PathOf(*transaction));
  // The rows of the build side must come directly after those of the probe side.
  memmove(probe_rows + lent.count, build_rows, lent.count * sizeof(leasehold_row));
  build_rows = probe_rows + lent.count;
  if (!form.build.given) {
    SetRows(Lend(addon, transaction, arguments[1]), *transaction, build_rows, lent.count, form.build.lead,
            lent.build.bytes, lent.build.key_window, lent.build.value_window);
  }
  if (!form.probe.given) {
    SetRows(Lend(addon, transaction, arguments[2]), *transaction, probe_rows, lent.count, form.probe.lead,
            lent.probe.bytes, lent.probe.key_window, lent.probe.value_window);
  }
  control[kControlBase] = addon->table_used * 4;
  SetWindows(addon, *transaction, lent.probe.key_window, lent.probe.value_window);
  control[kControlOtherKeyWindow] = lent.build.key_window;
  control[kControlOtherValueWindow] = lent.build.value_window;
  control[kControlOtherKeyExtent] = static_cast<uint32_t>(transaction->WindowExtent(lent.build.key_window));
  control[kControlOtherValueExtent] = static_cast<uint32_t>(transaction->WindowExtent(lent.build.value_window));
  addon->table_used += 2 * lent.count;
  join->core->Take(lent.count);
  return FromInt32(info.Env(), static_cast<int32_t>(lent.count));
}

// joinTake(join, rows, buildMemory, probeMemory)
Napi::Value JoinTake(const Napi::CallbackInfo& info) {
  const Arguments<4> arguments(info);
  Addon* addon = arguments.addon();
  OpenJoin* join;
  uint32_t rows;
  if (!BuiltJoin(arguments, 0, &join) || !arguments.Uint32(1, &rows) || !arguments.ArrayBuffer(2) ||
      !arguments.ArrayBuffer(3)) {
    return {};
  }
  auto build_memory = info[2].As<Napi::ArrayBuffer>();
  auto probe_memory = info[3].As<Napi::ArrayBuffer>();
  if (rows == 0) return addon->ThrowType("argument 1 must be what joinNext() said");
  const Pair* pairs;
  uint32_t count;
  const Status status = join->core->Peek(rows, &pairs, &count);
  if (!status.ok()) return addon->Throw(status, "the join", PathOf(*join->transaction));
  const PairForm form = FormOf(*join);
  const CopiedPairs copied = MeasurePairs(form, pairs, std::min(count, rows));
  if (copied.count != rows || copied.build_bytes != build_memory.ByteLength() ||
      copied.probe_bytes != probe_memory.ByteLength()) {
    return addon->ThrowType("the memory is not of the size that joinNext() said");
  }
  CopyPairs(form, pairs, rows, static_cast<uint8_t*>(build_memory.Data()), static_cast<uint8_t*>(probe_memory.Data()));
  join->core->Take(rows);
  return Done(info.Env());
}

// joinCount(join)
Napi::Value JoinCount(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenJoin* join;
  if (!BuiltJoin(arguments, 0, &join)) return {};
  uint64_t count;
  const Status status = join->core->Count(&count);
  if (!status.ok()) return arguments.addon()->Throw(status, "the join", PathOf(*join->transaction));
  return FromDouble(info.Env(), static_cast<double>(count));
}

// joinClose(join): does nothing if the end of the transaction has closed the join.
Napi::Value JoinClose(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return {};
  const std::unique_ptr<OpenJoin> join = arguments.addon()->joins.Remove(handle);
  if (join == nullptr) return Done(info.Env());
  auto& open = join->transaction->joins;
  open.erase(std::remove(open.begin(), open.end(), handle), open.end());
  return Done(info.Env());
}

}  // namespace

Functions JoinFunctions() {
  return {{"joinOpen", Callback<JoinOpen>},  {"joinGive", Callback<JoinGive>}, {"joinBuild", Callback<JoinBuild>},
          {"joinNext", Callback<JoinNext>},  {"joinTake", Callback<JoinTake>}, {"joinCount", Callback<JoinCount>},
          {"joinClose", Callback<JoinClose>}};
}

}  // namespace leasehold
