// Copies of an environment, which a thread of the core makes.
#include "addon/arguments.h"
#include "addon/async/promise.h"

namespace leasehold {
namespace {

// What the JavaScript thread needs to settle the promise of a copy.
struct PendingCopy {
  Addon* addon;
  OpenEnvironment* environment;
  Deferred promise;
  Copy* copy = nullptr;
  std::string directory;
};

std::string CannotCopy(const std::string& directory) { return "cannot copy the database to '" + directory + "'"; }

void Settle(const PendingCopy& pending, const Status& status) {
  Addon* addon = pending.addon;
  auto& copies = pending.environment->copies;
  copies.erase(
      std::remove_if(copies.begin(), copies.end(), [&](const auto& copy) { return copy.get() == pending.copy; }),
      copies.end());
  if (status.ok()) {
    pending.promise.Resolve(addon->env.Undefined());
  } else {
    pending.promise.Reject(addon->Error(status, CannotCopy(pending.directory), pending.directory.c_str()));
  }
  addon->Unhold(pending.environment);
}

// copy(environment, directory, compact)
Napi::Value StartCopy(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  Addon* addon = arguments.addon();
  Promise promise(info.Env());
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  OpenEnvironment* environment;
  bool compact;
  auto pending = std::make_shared<PendingCopy>();
  if (!promise.ok() || !arguments.Environment(0, &environment) || !arguments.String(1, &pending->directory) ||
      !arguments.Bool(2, &compact)) {
    return {};
  }
  if (pending->directory.empty()) return addon->ThrowType("argument 1 must be a path");
  if (!mailbox) return addon->Throw(Status(ENOMEM), CannotCopy(pending->directory), pending->directory.c_str());
  pending->addon = addon;
  pending->environment = environment;
  std::unique_ptr<Copy> copy;
  const auto done = [mailbox, pending](Status status) {
    mailbox->Post([pending, status = std::move(status)] { Settle(*pending, status); });
  };
  const Status status = Copy::Start(environment->core->database(), pending->directory, compact, done, &copy);
  if (!status.ok()) return addon->Throw(status, CannotCopy(pending->directory), pending->directory.c_str());
  pending->promise = promise.Take();
  // The copy may already be complete, but this thread reads its message only when it returns to the event loop.
  mailbox->Expect(info.Env());
  addon->Hold(environment);
  pending->copy = copy.get();
  environment->copies.push_back(std::move(copy));
  return promise.value();
}

}  // namespace

Functions CopyFunctions() { return {{"copy", Callback<StartCopy>}}; }

}  // namespace leasehold
