// The log of changes, and waiting for the next commit.
#include <string.h>

#include "addon/arguments.h"
#include "addon/async/promise.h"
#include "core/versions/change_reader.h"

namespace leasehold {
namespace {

constexpr char kReading[] = "reading the log of changes";

// changeAfter(environment, after)
Napi::Value ChangeAfter(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Addon* addon = arguments.addon();
  OpenEnvironment* environment;
  uint64_t after;
  if (!arguments.Environment(0, &environment) || !arguments.Size(1, &after)) return {};
  const std::string path = environment->core->database()->path();
  std::unique_ptr<ReadTransaction> transaction;
  uint64_t tid = 0;
  Slice record;
  Status status = ReadTransaction::Begin(environment->core.get(), false, &transaction);
  if (status.ok()) status = ReadChangeAfter(transaction->txn(), after, &tid, &record);
  if (status.ok() && tid == after + 1) {
    // Copied twice, since making an ArrayBuffer may run user code, which may close the environment.
    std::unique_ptr<uint8_t[]> copy(new (std::nothrow) uint8_t[record.size]);
    if (copy) {
      if (record.size > 0) memcpy(copy.get(), record.data, record.size);
      transaction.reset();
      Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(info.Env(), record.size);
      if (buffer.IsEmpty() || info.Env().IsExceptionPending()) return {};
      if (record.size > 0) memcpy(buffer.Data(), copy.get(), record.size);
      return buffer;
    }
    status = Status(ENOMEM);
  }
  ChangeBounds bounds;
  if (status.ok() && tid == 0) status = ReadChangeBounds(transaction->txn(), &bounds);
  const uint64_t version = status.ok() ? transaction->id() : 0;
  transaction.reset();
  if (!status.ok()) return addon->Throw(status, kReading, path.c_str());
  const bool is_newest = tid == 0 && bounds.newest == after;
  return is_newest ? FromDouble(info.Env(), static_cast<double>(version)) : Null(info.Env());
}

// changeBounds(environment)
Napi::Value Bounds(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  std::unique_ptr<ReadTransaction> transaction;
  ChangeBounds bounds;
  Status status = ReadTransaction::Begin(environment->core.get(), false, &transaction);
  if (status.ok()) status = ReadChangeBounds(transaction->txn(), &bounds);
  transaction.reset();
  if (!status.ok()) {
    const std::string path = environment->core->database()->path();
    return arguments.addon()->Throw(status, kReading, path.c_str());
  }
  return FromNumbers(info.Env(), {{"oldest", bounds.oldest}, {"newest", bounds.newest}});
}

// What the JavaScript thread needs to settle the promise of a wait.
struct PendingWait {
  Addon* addon;
  OpenEnvironment* environment;
  Deferred promise;
};

// commitAfter(environment, version)
Napi::Value CommitAfter(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Addon* addon = arguments.addon();
  // Both can run user code. So everything else is looked up after them.
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  Promise promise(info.Env());
  auto pending = std::make_shared<PendingWait>();
  uint64_t version;
  if (!promise.ok() || !arguments.Environment(0, &pending->environment) || !arguments.Size(1, &version)) return {};
  Database* database = pending->environment->core->database();
  pending->addon = addon;
  const auto told = [mailbox, pending] {
    mailbox->Post([pending] {
      pending->promise.Resolve(pending->addon->env.Undefined());
      pending->addon->Unhold(pending->environment);
    });
  };
  Status status = mailbox ? Status() : Status(ENOMEM);
  if (status.ok()) status = database->commits().Wait(pending->environment->core.get(), version, told);
  if (!status.ok()) {
    const std::string path = database->path();
    return addon->Throw(status, "waiting for commits", path.c_str());
  }
  // Another thread may have told it already, but this thread reads its messages only when it returns to the event loop.
  pending->promise = promise.Take();
  mailbox->Expect(info.Env());
  addon->Hold(pending->environment);
  return promise.value();
}

// commitCancel(environment)
Napi::Value CommitCancel(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  environment->core->database()->commits().Cancel(environment->core.get());
  return Done(info.Env());
}

}  // namespace

Functions FeedFunctions() {
  return {{"changeAfter", Callback<ChangeAfter>},
          {"changeBounds", Callback<Bounds>},
          {"commitAfter", Callback<CommitAfter>},
          {"commitCancel", Callback<CommitCancel>}};
}

}  // namespace leasehold
