#include "addon/addon.h"

#include <algorithm>

#include "addon/arguments.h"

namespace leasehold {
namespace {

template <class T>
void Share(napi_env env, SharedArray<T>* shared, napi_value array, void* data, size_t size) {
  if (shared->reference != nullptr) napi_delete_reference(env, shared->reference);
  napi_create_reference(env, array, 1, &shared->reference);
  shared->data = static_cast<T*>(data);
  shared->size = size;
}

// attach(io, control, makeError)
napi_value Attach(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Addon* addon = arguments.addon();
  void* io;
  size_t io_size;
  void* control;
  size_t control_size;
  napi_valuetype type;
  if (!arguments.TypedArray(0, napi_uint8_array, &io, &io_size) ||
      !arguments.TypedArray(1, napi_uint32_array, &control, &control_size)) {
    return nullptr;
  }
  if (control_size < kControlSize) return addon->ThrowType("the control block is too small");
  if (napi_typeof(env, arguments[2], &type) != napi_ok || type != napi_function) {
    return addon->ThrowType("argument 2 must be a function");
  }
  Share(env, &addon->io, arguments[0], io, io_size);
  Share(env, &addon->control, arguments[1], control, control_size);
  if (addon->make_error != nullptr) napi_delete_reference(env, addon->make_error);
  napi_create_reference(env, arguments[2], 1, &addon->make_error);
  return Done(env);
}

// setTable(table)
napi_value SetTable(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  void* table;
  size_t size;
  if (!arguments.TypedArray(0, napi_uint32_array, &table, &size)) return nullptr;
  Share(env, &arguments.addon()->table, arguments[0], table, size / 4);
  arguments.addon()->table_used = 0;
  return Done(env);
}

// Runs when the thread's environment is torn down, before any finalizer.
void CleanUp(void* data) {
  auto* addon = static_cast<Addon*>(data);
  // By the time a finalizer looks, its environment is closed.
  for (OpenEnvironment* environment : std::vector<OpenEnvironment*>(addon->environments)) {
    environment->core->database()->batches().Abandon();
    (void)addon->Close(environment, false);
  }
  if (addon->mailbox) addon->mailbox->Close();
  leasehold_end(&addon->exit);
}

napi_value Init(napi_env env, napi_value exports) {
  auto* addon = new Addon(env);
  napi_set_instance_data(
      env, addon, [](napi_env, void* data, void*) { delete static_cast<Addon*>(data); }, nullptr);
  napi_add_env_cleanup_hook(env, CleanUp, addon);
  std::vector<napi_property_descriptor> properties;
  const auto add = [&](const Function& function) {
    properties.push_back(
        {function.name, nullptr, function.callback, nullptr, nullptr, nullptr, napi_enumerable, addon});
  };
  add({"attach", Attach});
  add({"setTable", SetTable});
  for (const Functions& functions :
       {EnvironmentFunctions(), BatchFunctions(), CollectionFunctions(), CollectorFunctions(), CopyFunctions(),
        ReadFunctions(), LookupFunctions(), LeaseFunctions(), BufferFunctions(), RangeFunctions(), JoinFunctions(),
        WriteFunctions(), SyncFunctions(), BlockFunctions(), ResolveFunctions(), KeyMapFunctions()}) {
    for (const Function& function : functions) add(function);
  }
  if (napi_define_properties(env, exports, properties.size(), properties.data()) != napi_ok) {
    napi_throw_error(env, nullptr, "two native functions have one name");
  }
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
  // Inside a write transaction of another handle on the same database they come after that.
  Database* database = core->database();
  if (database->writer() == nullptr) database->batches().Finish();
  DropWindows(environment, detach);
  environment_handles.Remove(environment->handle);
  environments.erase(std::remove(environments.begin(), environments.end(), environment), environments.end());
  Status status = environment->core->Close();
  environment->core.reset();
  return status;
}

void Addon::DropWindows(OpenEnvironment* environment, bool detach) noexcept {
  for (napi_ref window : environment->windows) {
    napi_value buffer = nullptr;
    if (detach && napi_get_reference_value(env, window, &buffer) == napi_ok && buffer != nullptr) {
      napi_detach_arraybuffer(env, buffer);
    }
    napi_delete_reference(env, window);
  }
  environment->windows.clear();
  environment->window_bytes = 0;
  if (hidden > static_cast<int64_t>(WindowBytes())) Hide(static_cast<int64_t>(WindowBytes()) - hidden);
}

size_t Addon::WindowBytes() const {
  size_t bytes = 0;
  for (const OpenEnvironment* environment : environments) bytes += environment->window_bytes;
  return bytes;
}

const std::shared_ptr<Mailbox>& Addon::TheMailbox() {
  if (mailbox) return mailbox;
  const std::shared_ptr<Mailbox> made = Mailbox::Make(env);
  // What ran meanwhile may have needed one too.
  if (!mailbox) {
    mailbox = made;
  } else if (made) {
    made->Close();
  }
  return mailbox;
}

void Addon::Hold(OpenEnvironment* environment) noexcept { napi_reference_ref(env, environment->object, nullptr); }

void Addon::Unhold(OpenEnvironment* environment) noexcept { napi_reference_unref(env, environment->object, nullptr); }

napi_value Addon::Error(const Status& status, const std::string& tried, const char* path) {
  const std::string name = status.Name();
  const std::string message = tried.empty() ? status.Message() : tried + ": " + status.Message();
  napi_value arguments[3];
  napi_create_string_utf8(env, name.data(), name.size(), &arguments[0]);
  napi_create_string_utf8(env, message.data(), message.size(), &arguments[1]);
  if (path != nullptr) {
    napi_create_string_utf8(env, path, NAPI_AUTO_LENGTH, &arguments[2]);
  } else {
    napi_get_undefined(env, &arguments[2]);
  }
  napi_value make = nullptr;
  napi_value undefined;
  napi_value error;
  napi_get_undefined(env, &undefined);
  if (make_error == nullptr || napi_get_reference_value(env, make_error, &make) != napi_ok || make == nullptr) {
    napi_create_error(env, nullptr, arguments[1], &error);
    DefineProperties(env, error, {{"code", arguments[0]}});
  } else if (napi_call_function(env, undefined, make, 3, arguments, &error) != napi_ok) {
    napi_get_and_clear_last_exception(env, &error);
  }
  return error;
}

napi_value Addon::Throw(const Status& status, const std::string& tried, const char* path) {
  napi_throw(env, Error(status, tried, path));
  return nullptr;
}

napi_value Addon::ThrowType(const std::string& message) {
  napi_value text;
  napi_value code;
  napi_value error;
  if (napi_create_string_utf8(env, message.data(), message.size(), &text) != napi_ok ||
      napi_create_string_utf8(env, "ERR_INVALID_ARG_TYPE", NAPI_AUTO_LENGTH, &code) != napi_ok ||
      napi_create_type_error(env, nullptr, text, &error) != napi_ok) {
    return nullptr;
  }
  // Not by napi_create_type_error, which sets it.
  DefineProperties(env, error, {{"code", code}});
  napi_throw(env, error);
  return nullptr;
}

}  // namespace leasehold

NAPI_MODULE_INIT() { return leasehold::Init(env, exports); }
