// Copying an environment, and the table of its readers.
#include <inttypes.h>

#include "addon/arguments.h"
#include "addon/promise.h"
#include "core/lmdb/lmdb_access.h"

namespace leasehold {
namespace {

// What a copy under way leaves for the JavaScript thread to settle.
struct PendingCopy {
  Addon* addon;
  OpenEnvironment* environment;
  napi_deferred promise;
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
    napi_value undefined;
    napi_get_undefined(addon->env, &undefined);
    napi_resolve_deferred(addon->env, pending.promise, undefined);
  } else {
    napi_reject_deferred(addon->env, pending.promise,
                         addon->Error(status, CannotCopy(pending.directory), pending.directory.c_str()));
  }
  addon->Unhold(pending.environment);
}

// copy(environment, directory, compact)
napi_value StartCopy(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Addon* addon = arguments.addon();
  Promise promise(env);
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  OpenEnvironment* environment;
  bool compact;
  auto pending = std::make_shared<PendingCopy>();
  if (!promise.ok() || !arguments.Environment(0, &environment) || !arguments.String(1, &pending->directory) ||
      !arguments.Bool(2, &compact)) {
    return nullptr;
  }
  if (pending->directory.empty()) return addon->ThrowType("argument 1 must be a path");
  if (!mailbox) return addon->Throw(Status(ENOMEM), CannotCopy(pending->directory), pending->directory.c_str());
  pending->addon = addon;
  pending->environment = environment;
  pending->promise = promise.deferred();
  std::unique_ptr<Copy> copy;
  const auto done = [mailbox, pending](Status status) {
    mailbox->Post([pending, status = std::move(status)] { Settle(*pending, status); });
  };
  const Status status = Copy::Start(environment->core->database(), pending->directory, compact, done, &copy);
  if (!status.ok()) return addon->Throw(status, CannotCopy(pending->directory), pending->directory.c_str());
  promise.Take();
  // It can have ended by now; what it has posted is looked at when this thread comes back to its event loop.
  mailbox->Expect();
  addon->Hold(environment);
  pending->copy = copy.get();
  environment->copies.push_back(std::move(copy));
  return promise.value();
}

// readers(environment)
napi_value Readers(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  const std::vector<leasehold_reader> readers = environment->core->database()->ListReaders();
  std::vector<napi_value> result(readers.size());
  for (size_t i = 0; i < readers.size(); i++) {
    char text[2 * sizeof(uintptr_t) + 1];
    snprintf(text, sizeof(text), "%" PRIxPTR, readers[i].thread);
    napi_value thread;
    napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &thread);
    napi_value transaction;
    napi_get_undefined(env, &transaction);
    if (readers[i].txn_id != LEASEHOLD_NO_TXN) {
      transaction = FromDouble(env, static_cast<double>(readers[i].txn_id));
    }
    result[i] = FromProperties(
        env, {{"pid", FromDouble(env, readers[i].pid)}, {"thread", thread}, {"transaction", transaction}});
    if (result[i] == nullptr) return nullptr;
  }
  return FromElements(env, result);
}

// checkReaders(environment)
napi_value CheckReaders(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  OpenEnvironment* environment;
  if (!arguments.Environment(0, &environment)) return nullptr;
  int dead = 0;
  const Database* database = environment->core->database();
  const int rc = mdb_reader_check(database->env(), &dead);
  if (rc == 0) return FromInt32(env, dead);
  return arguments.addon()->Throw(Status(rc), "checkReaders()", database->path().c_str());
}

}  // namespace

Functions CopyFunctions() { return {{"copy", StartCopy}, {"readers", Readers}, {"checkReaders", CheckReaders}}; }

}  // namespace leasehold
