// Locks by name.
#include "addon/arguments.h"
#include "core/locks/named_locks.h"

namespace leasehold {
namespace {

constexpr char kLocking[] = "a lock by name";

static_assert(static_cast<int>(LockEvent::kGranted) == kLockGranted &&
              static_cast<int>(LockEvent::kCancelled) == kLockCancelled &&
              static_cast<int>(LockEvent::kStolen) == kLockStolen &&
              static_cast<int>(LockEvent::kClosed) == kLockClosed);

// Tells JavaScript's function what has become of a request. That function does not throw.
void TellRequest(Addon* addon, uint64_t id, LockEvent event) {
  if (addon->lock_told.IsEmpty()) return;
  addon->lock_told.Call(
      {FromDouble(addon->env, static_cast<double>(id)), FromInt32(addon->env, static_cast<int32_t>(event))});
  if (addon->env.IsExceptionPending()) addon->env.GetAndClearPendingException();
}

// The requests of one environment of a JavaScript thread.
class EnvironmentLocks : public LockListener {
 public:
  EnvironmentLocks(Addon* addon, std::shared_ptr<Mailbox> mailbox) : addon_(addon), mailbox_(std::move(mailbox)) {}

  // Only requests that wait are announced to the mailbox: they keep the event loop running.
  void Tell(uint64_t id, LockEvent event) override {
    const bool expected = event == LockEvent::kGranted || event == LockEvent::kCancelled;
    mailbox_->Post([addon = addon_, id, event] { TellRequest(addon, id, event); }, expected);
  }

 private:
  Addon* const addon_;
  const std::shared_ptr<Mailbox> mailbox_;
};

// The open environment of a handle; null if there is none.
OpenEnvironment* FindEnvironment(const ArgumentReader& arguments, int32_t handle) {
  OpenEnvironment* const* found = arguments.addon()->environment_handles.Find(handle);
  return found == nullptr ? nullptr : *found;
}

// lockListen(told, thread)
Napi::Value LockListen(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  uint32_t thread;
  if (!arguments.Function(0) || !arguments.Uint32(1, &thread)) return {};
  arguments.addon()->lock_told = Napi::Persistent(info[0].As<Napi::Function>());
  arguments.addon()->lock_thread = thread;
  return Done(info.Env());
}

// lockRequest(environmentHandle, name, flags)
Napi::Value RequestLock(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  Addon* addon = arguments.addon();
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  int32_t handle;
  std::u16string name;
  uint32_t flags;
  if (!arguments.Int32(0, &handle) || !arguments.Utf16(1, &name) || !arguments.Uint32(2, &flags)) return {};
  if (name.size() > LockTable::kMostName) return addon->ThrowType("argument 1 must be a shorter name");
  OpenEnvironment* environment = FindEnvironment(arguments, handle);
  if (environment == nullptr) return addon->Throw(Status(kEnvClosed), "");
  if (!mailbox) return addon->Throw(Status(ENOMEM), kLocking);
  if (!environment->locks) environment->locks = std::make_unique<EnvironmentLocks>(addon, mailbox);
  const bool steal = (flags & kLockSteal) != 0;
  const LockRequest wanted{name, !steal && (flags & kLockShared) != 0, (flags & kLockIfAvailable) != 0, steal,
                           addon->lock_thread};
  uint64_t id;
  LockAnswer answer;
  Database* database = environment->core->database();
  const Status status = database->locks().Request(environment->locks.get(), wanted, &id, &answer);
  if (!status.ok()) {
    const std::string path = database->path();
    return addon->Throw(status, kLocking, path.c_str());
  }
  if (answer == LockAnswer::kUnavailable) return FromInt32(info.Env(), 0);
  const auto number = static_cast<double>(id);
  if (answer == LockAnswer::kGranted) return FromDouble(info.Env(), number);
  // Another thread may have told of its grant already, but this thread reads its messages only when it returns to the
  // event loop.
  mailbox->Expect(info.Env());
  return FromDouble(info.Env(), -number);
}

// lockRelease(environmentHandle, id)
Napi::Value ReleaseLock(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Addon* addon = arguments.addon();
  int32_t handle;
  uint64_t id;
  if (!arguments.Int32(0, &handle) || !arguments.Size(1, &id)) return {};
  OpenEnvironment* environment = FindEnvironment(arguments, handle);
  const bool waited = environment != nullptr && environment->locks &&
                      environment->core->database()->locks().Release(environment->locks.get(), id);
  // The message that was announced when it began to wait.
  if (waited) addon->mailbox->Post([] {});
  return FromBool(info.Env(), waited);
}

// lockQuery(environmentHandle)
Napi::Value QueryLocks(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Addon* addon = arguments.addon();
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return {};
  OpenEnvironment* environment = FindEnvironment(arguments, handle);
  if (environment == nullptr) return addon->Throw(Status(kEnvClosed), "");
  std::vector<LockRow> rows;
  Database* database = environment->core->database();
  const Status status = database->locks().Query(&rows);
  if (!status.ok()) {
    const std::string path = database->path();
    return addon->Throw(status, kLocking, path.c_str());
  }
  std::vector<Napi::Value> elements;
  for (const LockRow& row : rows) {
    elements.push_back(Napi::String::New(info.Env(), row.name.data(), row.name.size()));
    elements.push_back(
        FromInt32(info.Env(), static_cast<int32_t>((row.shared ? kLockShared : 0) | (row.held ? kLockHeld : 0))));
    elements.push_back(FromDouble(info.Env(), row.process));
    elements.push_back(FromDouble(info.Env(), row.thread));
  }
  return FromElements(info.Env(), elements);
}

}  // namespace

Functions LockFunctions() {
  return {{"lockListen", Callback<LockListen>},
          {"lockRequest", Callback<RequestLock>},
          {"lockRelease", Callback<ReleaseLock>},
          {"lockQuery", Callback<QueryLocks>}};
}

}  // namespace leasehold
