// Writes commits to the disk: at once, or in another thread.
#include "addon/arguments.h"
#include "addon/async/promise.h"

namespace leasehold {
namespace {

// sync(environment)
Napi::Value Sync(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return {};
  Database* database = environment->core->database();
  const char* path = database->path().c_str();
  if (environment->core->read_only()) return arguments.addon()->Throw(Status(kReadOnly), "sync()", path);
  if (database->writer() == nullptr) database->batches().Finish();
  const Status status = database->syncer().Sync();
  return status.ok() ? Done(info.Env()) : arguments.addon()->Throw(status, "sync()", path);
}

// syncPinned()
Napi::Value SyncPinned(const Napi::CallbackInfo& info) {
  const Arguments<0> arguments(info);
  for (OpenEnvironment* environment : arguments.addon()->environments) {
    Database* database = environment->core->database();
    const Status status = database->syncer().SyncPinned();
    if (!status.ok()) {
      return arguments.addon()->Throw(status, "syncing as the process ends", database->path().c_str());
    }
  }
  return Done(info.Env());
}

// What the JavaScript thread needs to settle the promise of a flush.
struct PendingFlush {
  Addon* addon;
  OpenEnvironment* environment;
  Deferred promise;
  std::string path;
};

void Settle(const PendingFlush& pending, const Status& status) {
  Addon* addon = pending.addon;
  if (status.ok()) {
    pending.promise.Resolve(addon->env.Undefined());
  } else {
    pending.promise.Reject(addon->Error(status, "flush()", pending.path.c_str()));
  }
  addon->Unhold(pending.environment);
}

// flush(environment)
Napi::Value Flush(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Addon* addon = arguments.addon();
  // Both can run user code. So everything else is looked up after them.
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  Promise promise(info.Env());
  auto pending = std::make_shared<PendingFlush>();
  if (!promise.ok() || !arguments.Environment(0, &pending->environment)) return {};
  Database* database = pending->environment->core->database();
  pending->addon = addon;
  pending->path = database->path();
  if (!mailbox) return addon->Throw(Status(ENOMEM), "flush()", pending->path.c_str());
  if (pending->environment->core->read_only()) return addon->Throw(Status(kReadOnly), "flush()", pending->path.c_str());
  pending->promise = promise.Take();
  mailbox->Expect(info.Env());
  addon->Hold(pending->environment);
  database->batches().Sync([mailbox, pending](Status status) {
    mailbox->Post([pending, status = std::move(status)] { Settle(*pending, status); });
  });
  return promise.value();
}

}  // namespace

Functions SyncFunctions() {
  return {{"sync", Callback<Sync>}, {"syncPinned", Callback<SyncPinned>}, {"flush", Callback<Flush>}};
}

}  // namespace leasehold
