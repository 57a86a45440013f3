// Finds the garbage of a store of objects.
#include "core/objects/marking.h"

#include <string.h>

#include "addon/arguments.h"

namespace leasehold {
namespace {

constexpr size_t kMostPages = 64;

// What each step gets: marking, transaction, objects, items, and last how many ms it may take.
struct Step {
  Addon* addon = nullptr;
  Marking* marking = nullptr;
  Transaction* transaction = nullptr;
  ObjectCollections of = {};
  Marking::Until until = {};

  bool Read(const ArgumentReader& arguments, size_t last) {
    addon = arguments.addon();
    double ms;
    if (!FindMarking(arguments, &marking) || !arguments.AnyTransaction(1, &transaction) ||
        !arguments.Collection(2, *transaction->environment(), &of.objects) ||
        !arguments.Collection(3, *transaction->environment(), &of.items) || !arguments.Number(last, &ms)) {
      return false;
    }
    if (!of.objects->has_versions() || !of.items->has_versions()) {
      return arguments.Fail(of.objects->has_versions() ? 3 : 2, "a collection with versions");
    }
    constexpr double kMostMs = 1000;
    // Not a number is 0.
    const double bounded = ms > 0 ? std::min(ms, kMostMs) : 0;
    until = std::chrono::steady_clock::now() + std::chrono::microseconds(static_cast<int64_t>(1000 * bounded));
    return true;
  }

  Napi::Value Throw(const Status& status) const {
    return addon->Throw(status, "collecting garbage", PathOf(*transaction));
  }

  static bool FindMarking(const ArgumentReader& arguments, Marking** marking) {
    int32_t handle;
    if (!arguments.Int32(0, &handle)) return false;
    *marking = arguments.addon()->markings.Find(handle);
    return *marking != nullptr || arguments.Fail(0, "a marking that has not ended");
  }
};

// markBegin(root)
Napi::Value MarkBegin(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  uint64_t root;
  if (!arguments.Size(0, &root)) return {};
  const int32_t handle = arguments.addon()->markings.Add(std::make_unique<Marking>(root));
  if (handle < 0) return arguments.addon()->Throw(Status(kBusy, "too many collections of garbage are running"), "");
  return FromInt32(info.Env(), handle);
}

// markSkip(marking, id)
Napi::Value MarkSkip(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Marking* marking;
  uint64_t id;
  if (!Step::FindMarking(arguments, &marking) || !arguments.Size(1, &id)) return {};
  marking->Skip(id);
  return Done(info.Env());
}

// markList(marking, transaction, objects, items, ms)
Napi::Value MarkList(const Napi::CallbackInfo& info) {
  const Arguments<5> arguments(info);
  Step step;
  if (!step.Read(arguments, 4)) return {};
  bool done;
  const Status status = step.marking->List(step.transaction, step.of, step.until, &done);
  return status.ok() ? FromBool(info.Env(), done) : step.Throw(status);
}

// markReachable(marking, transaction, objects, items, ms)
Napi::Value MarkReachable(const Napi::CallbackInfo& info) {
  const Arguments<5> arguments(info);
  Step step;
  if (!step.Read(arguments, 4)) return {};
  bool done;
  const Status status = step.marking->Mark(step.transaction, step.of, step.until, &done);
  return status.ok() ? FromBool(info.Env(), done) : step.Throw(status);
}

// markCommits(marking, transaction, objects, items, tid, ms): the last commit that was added; if the log does not tell
// what the next one has written, a negative number.
Napi::Value MarkCommits(const Napi::CallbackInfo& info) {
  const Arguments<6> arguments(info);
  Step step;
  uint64_t tid;
  if (!step.Read(arguments, 5) || !arguments.Size(4, &tid)) return {};
  bool told;
  const Status status = step.marking->AddCommits(step.transaction, step.of, step.until, &tid, &told);
  if (!status.ok()) return step.Throw(status);
  return told ? FromDouble(info.Env(), static_cast<double>(tid)) : FromInt32(info.Env(), kNotFound);
}

// markWritten(marking, transaction, objects, items, tid, ms)
Napi::Value MarkWritten(const Napi::CallbackInfo& info) {
  const Arguments<6> arguments(info);
  Step step;
  uint64_t tid;
  if (!step.Read(arguments, 5) || !arguments.Size(4, &tid)) return {};
  bool done;
  const Status status = step.marking->AddWritten(step.transaction, step.of, tid, step.until, &done);
  return status.ok() ? FromBool(info.Env(), done) : step.Throw(status);
}

// markCounts(marking)
Napi::Value MarkCounts(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Marking* marking;
  if (!Step::FindMarking(arguments, &marking)) return {};
  const auto listed = static_cast<double>(marking->listed());
  return FromNumbers(info.Env(), {{"listed", listed},
                                  {"reached", static_cast<double>(marking->reached())},
                                  {"damaged", static_cast<double>(marking->damaged())}});
}

// markGarbage(marking, page)
Napi::Value MarkGarbage(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Marking* marking;
  uint64_t from;
  if (!Step::FindMarking(arguments, &marking) || !arguments.Size(1, &from)) return {};
  std::string pages;
  marking->Garbage(from, kMostPages, &pages);
  const auto buffer = Napi::ArrayBuffer::New(info.Env(), pages.size());
  if (buffer.IsEmpty()) return {};
  if (!pages.empty()) memcpy(const_cast<Napi::ArrayBuffer&>(buffer).Data(), pages.data(), pages.size());
  return buffer;
}

// markEnd(marking)
Napi::Value MarkEnd(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return {};
  arguments.addon()->markings.Remove(handle);
  return Done(info.Env());
}

}  // namespace

Functions MarkingFunctions() {
  return {{"markBegin", Callback<MarkBegin>},     {"markSkip", Callback<MarkSkip>},
          {"markList", Callback<MarkList>},       {"markReachable", Callback<MarkReachable>},
          {"markCommits", Callback<MarkCommits>}, {"markWritten", Callback<MarkWritten>},
          {"markCounts", Callback<MarkCounts>},   {"markGarbage", Callback<MarkGarbage>},
          {"markEnd", Callback<MarkEnd>}};
}

}  // namespace leasehold
