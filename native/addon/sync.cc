// Bringing commits to the disk: at once, or by another thread.
#include "addon/arguments.h"
#include "addon/promise.h"

namespace leasehold {
namespace {

// sync(environment)
napi_value Sync(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  Database* database = environment->core->database();
  const char* path = database->path().c_str();
  if (environment->core->read_only()) return arguments.addon()->Throw(Status(kReadOnly), "sync()", path);
  if (database->writer() == nullptr) database->batches().Finish();
  const Status status = database->syncer().Sync();
  return status.ok() ? Done(env) : arguments.addon()->Throw(status, "sync()", path);
}

// syncPinned()
napi_value SyncPinned(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  for (OpenEnvironment* environment : arguments.addon()->environments) {
    Database* database = environment->core->database();
    const Status status = database->syncer().SyncPinned();
    if (!status.ok()) {
      return arguments.addon()->Throw(status, "syncing as the process ends", database->path().c_str());
    }
  }
  return Done(env);
}

// What a flush leaves for the JavaScript thread to settle.
struct PendingFlush {
  Addon* addon;
  OpenEnvironment* environment;
  napi_deferred promise;
  std::string path;
};

void Settle(const PendingFlush& pending, const Status& status) {
  Addon* addon = pending.addon;
  if (status.ok()) {
    napi_value undefined;
    napi_get_undefined(addon->env, &undefined);
    napi_resolve_deferred(addon->env, pending.promise, undefined);
  } else {
    napi_reject_deferred(addon->env, pending.promise, addon->Error(status, "flush()", pending.path.c_str()));
  }
  addon->Unhold(pending.environment);
}

// flush(environment)
napi_value Flush(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Addon* addon = arguments.addon();
  // Both can run user code: everything else is looked up after them.
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  Promise promise(env);
  auto pending = std::make_shared<PendingFlush>();
  if (!promise.ok() || !arguments.Environment(0, &pending->environment)) return nullptr;
  Database* database = pending->environment->core->database();
  pending->addon = addon;
  pending->path = database->path();
  if (!mailbox) return addon->Throw(Status(ENOMEM), "flush()", pending->path.c_str());
  if (pending->environment->core->read_only()) return addon->Throw(Status(kReadOnly), "flush()", pending->path.c_str());
  pending->promise = promise.deferred();
  promise.Take();
  mailbox->Expect();
  addon->Hold(pending->environment);
  database->batches().Sync([mailbox, pending](Status status) {
    mailbox->Post([pending, status = std::move(status)] { Settle(*pending, status); });
  });
  return promise.value();
}

}  // namespace

Functions SyncFunctions() { return {{"sync", Sync}, {"syncPinned", SyncPinned}, {"flush", Flush}}; }

}  // namespace leasehold
