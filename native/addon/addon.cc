#include "addon/addon.h"

#include <algorithm>

#include "addon/arguments.h"

namespace leasehold {
namespace {

template <class T>
void Share(SharedArray<T>* shared, Napi::Value array, void* data, size_t size) {
  shared->array = Napi::Persistent(array.As<Napi::Object>());
  shared->data = static_cast<T*>(data);
  shared->size = size;
}

// attach(io, control, makeError)
Napi::Value Attach(const Napi::CallbackInfo& info) {
  const Arguments<3> arguments(info);
  Addon* addon = arguments.addon();
  void* io;
  size_t io_size;
  void* control;
  size_t control_size;
  if (!arguments.TypedArray(0, napi_uint8_array, &io, &io_size) ||
      !arguments.TypedArray(1, napi_uint32_array, &control, &control_size)) {
    return {};
  }
  if (control_size < kControlSize) return addon->ThrowType("the control block is too small");
  if (!arguments.Function(2)) return {};
  Share(&addon->io, info[0], io, io_size);
  Share(&addon->control, info[1], control, control_size);
  addon->make_error = Napi::Persistent(info[2].As<Napi::Function>());
  return Done(info.Env());
}

// setTable(table)
Napi::Value SetTable(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  void* table;
  size_t size;
  if (!arguments.TypedArray(0, napi_uint32_array, &table, &size)) return {};
  Share(&arguments.addon()->table, info[0], table, size / 4);
  arguments.addon()->table_used = 0;
  return Done(info.Env());
}

// Runs at the end of the thread, before any finalizer.
void CleanUp(Addon* addon) {
  // A finalizer that runs later finds its environment closed.
  for (OpenEnvironment* environment : std::vector<OpenEnvironment*>(addon->environments)) {
    environment->core->database()->batches().Abandon();
    (void)addon->Close(environment, false);
  }
  if (addon->mailbox) addon->mailbox->Close();
  leasehold_end(&addon->exit);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* addon = new Addon(env);
  env.SetInstanceData(addon);
  env.AddCleanupHook(CleanUp, addon);
  std::vector<Napi::PropertyDescriptor> properties;
  const auto add = [&](const Function& function) {
    properties.emplace_back(napi_property_descriptor{function.name, nullptr, function.callback, nullptr, nullptr,
                                                     nullptr, napi_enumerable, addon});
  };
  add({"attach", Callback<Attach>});
  add({"setTable", Callback<SetTable>});
  for (const Functions& functions : {EnvironmentFunctions(), WindowFunctions(),           ReaderFunctions(),
                                     BatchFunctions(),       CollectionFunctions(),       CollectorFunctions(),
                                     CopyFunctions(),        ReadTransactionFunctions(),  LookupFunctions(),
                                     LeaseFunctions(),       BufferFunctions(),           RangeFunctions(),
                                     JoinFunctions(),        WriteTransactionFunctions(), ChangeFunctions(),
                                     SyncFunctions(),        BufferSourceFunctions(),     ResolveFunctions(),
                                     KeyMapFunctions(),      VersionFunctions(),          StateFunctions(),
                                     FeedFunctions(),        TransactFunctions(),         ExpiryFunctions(),
                                     LockFunctions(),        MarkingFunctions(),          AnswerFunctions()}) {
    for (const Function& function : functions) add(function);
  }
  exports.DefineProperties(properties);
  return exports;
}

}  // namespace

void Addon::CloseCursors(Transaction* transaction) noexcept {
  ForgetFound();
  if (transaction->is_write()) {
    cursors.RemoveIf([&](const OpenCursor& cursor) { return cursor.core && cursor.transaction == transaction; });
    return;
  }
  auto* read = static_cast<ReadTransaction*>(transaction);
  for (const int32_t join : read->joins) joins.Remove(join);
  read->joins.clear();
  auto& open = read->cursors;
  while (!open.empty()) {
    const int32_t handle = open.back();
    open.pop_back();
    OpenCursor* cursor = cursors.Find(handle);
    cursor->core.reset();
    if (!cursor->reaimed) cursors.Remove(handle);
  }
}

Status Addon::Close(OpenEnvironment* environment, bool detach) noexcept {
  if (!environment->core) return Status();
  ForgetFound();
  for (const auto& copy : environment->copies) copy->Stop();
  environment->copies.clear();
  Environment* core = environment->core.get();
  joins.RemoveIf([&](const OpenJoin& join) { return join.transaction->environment() == core; });
  cursors.RemoveIf([&](const OpenCursor& cursor) { return cursor.core && cursor.transaction->environment() == core; });
  transactions.RemoveIf([&](const Transaction& transaction) { return transaction.environment() == core; });
  // Inside a write transaction of another handle on the same database, batches have to wait until that has ended.
  Database* database = core->database();
  if (database->writer() == nullptr) database->batches().Finish();
  database->commits().Cancel(core);
  if (environment->locks) database->locks().Close(environment->locks.get());
  DropWindows(environment, detach);
  environment_handles.Remove(environment->handle);
  environments.erase(std::remove(environments.begin(), environments.end(), environment), environments.end());
  Status status = environment->core->Close();
  environment->core.reset();
  return status;
}

const std::shared_ptr<Mailbox>& Addon::TheMailbox() {
  if (mailbox) return mailbox;
  const std::shared_ptr<Mailbox> made = Mailbox::Make(env);
  // User code that ran in Make may have made one too.
  if (!mailbox) {
    mailbox = made;
  } else if (made) {
    made->Close();
  }
  return mailbox;
}

void Addon::Hold(OpenEnvironment* environment) noexcept { environment->object.Ref(); }

void Addon::Unhold(OpenEnvironment* environment) noexcept { environment->object.Unref(); }

Napi::Value Addon::Error(const Status& status, const std::string& tried, const char* path) {
  const Napi::String code = Napi::String::New(env, status.Name());
  const Napi::String message =
      Napi::String::New(env, tried.empty() ? status.Message() : tried + ": " + status.Message());
  if (make_error.IsEmpty()) {
    const Napi::Object error = Napi::Error::New(env, message).Value();
    DefineProperties(error, {{"code", code}});
    return error;
  }
  const Napi::Value place = path == nullptr ? env.Undefined() : Napi::String::New(env, path);
  const Napi::Value error = make_error.Value().Call({code, message, place});
  if (!error.IsEmpty() || !env.IsExceptionPending()) return error;
  return env.GetAndClearPendingException().Value();
}

Napi::Value Addon::Throw(Napi::Value error) {
  if (!error.IsEmpty() && !env.IsExceptionPending()) Napi::Error(env, error).ThrowAsJavaScriptException();
  return {};
}

Napi::Value Addon::Throw(const Status& status, const std::string& tried, const char* path) {
  return Throw(Error(status, tried, path));
}

Napi::Value Addon::ThrowType(const std::string& message) {
  const Napi::Object error = Napi::TypeError::New(env, message).Value();
  // Not by napi_throw_type_error: it sets the code as a property, which would call a setter on Object.prototype.
  if (!error.IsEmpty()) DefineProperties(error, {{"code", Napi::String::New(env, "ERR_INVALID_ARG_TYPE")}});
  return Throw(error);
}

NODE_API_MODULE(leasehold, Init)

}  // namespace leasehold
