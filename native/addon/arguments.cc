#include "addon/arguments.h"

namespace leasehold {

bool ArgumentReader::Timeout(size_t i, Deadline* result) const {
  double timeout;
  if (!Number(i, &timeout)) return false;
  if (!(timeout >= 0)) return Fail(i, "a number of milliseconds");
  // A clock cannot count so far, so this is for ever too.
  if (timeout < 1e12) {
    *result = std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<int64_t>(timeout));
  }
  return true;
}

bool ArgumentReader::String(size_t i, std::string* result) const {
  if (TypeOf(i) != napi_string) return Fail(i, "a string");
  *result = Napi::String(env_, values_[i]).Utf8Value();
  return true;
}

bool ArgumentReader::Utf16(size_t i, std::u16string* result) const {
  char16_t text[128];
  size_t length;
  // Raw Node-API: node-addon-api asks for the length first.
  if (napi_get_value_string_utf16(env_, values_[i], text, std::size(text), &length) != napi_ok) {
    return Fail(i, "a string");
  }
  if (length < std::size(text) - 1) {
    result->assign(text, length);
  } else {
    *result = Napi::String(env_, values_[i]).Utf16Value();
  }
  return true;
}

bool ArgumentReader::Function(size_t i) const { return TypeOf(i) == napi_function || Fail(i, "a function"); }

bool ArgumentReader::ArrayBuffer(size_t i) const {
  return Napi::Value(env_, values_[i]).IsArrayBuffer() || Fail(i, "an ArrayBuffer");
}

bool ArgumentReader::TypedArray(size_t i, napi_typedarray_type wanted, void** data, size_t* length) const {
  bool is_typed_array = false;
  napi_typedarray_type type;
  napi_value buffer;
  if (napi_is_typedarray(env_, values_[i], &is_typed_array) != napi_ok || !is_typed_array ||
      napi_get_typedarray_info(env_, values_[i], &type, length, data, &buffer, nullptr) != napi_ok || type != wanted) {
    return Fail(i, wanted == napi_uint8_array ? "a Uint8Array" : "a Uint32Array");
  }
  bool detached = false;
  if (*length == 0 && napi_is_detached_arraybuffer(env_, buffer, &detached) == napi_ok && detached) {
    return Fail(i, "a typed array that is not detached");
  }
  return true;
}

bool ArgumentReader::Bytes(size_t i, Slice* result) const {
  if (IsUndefined(i)) return Io(i + 1, result);
  void* data;
  size_t size;
  uint64_t offset;
  uint64_t length;
  if (!TypedArray(i, napi_uint8_array, &data, &size) || !Size(i + 1, &offset) || !Size(i + 2, &length)) return false;
  if (offset > size || length > size - offset) return Fail(i + 1, "inside of its bytes");
  *result = Slice{static_cast<const uint8_t*>(data) + offset, length};
  return true;
}

bool ArgumentReader::Environment(size_t i, OpenEnvironment** result) const {
  const Napi::Object object(env_, values_[i]);
  // Raw Node-API: node-addon-api unwraps only objects of its own classes.
  if (TypeOf(i) != napi_object || !object.CheckTypeTag(&kEnvironmentTag) ||
      napi_unwrap(env_, object, reinterpret_cast<void**>(result)) != napi_ok) {
    return Fail(i, "a native environment");
  }
  return Check((*result)->core ? Status() : Status(kEnvClosed));
}

bool ArgumentReader::LendingRead(size_t i, ReadTransaction** result) const {
  int32_t handle;
  if (!Int32(i, &handle)) return false;
  Transaction* transaction = addon_->transactions.Find(handle);
  if (transaction == nullptr) return Check(Status(kTxnEnded));
  if (transaction->is_write()) return Fail(i, "a read transaction");
  *result = static_cast<ReadTransaction*>(transaction);
  return true;
}

bool ArgumentReader::Join(size_t i, OpenJoin** result) const {
  int32_t handle;
  if (!Int32(i, &handle)) return false;
  *result = addon_->joins.Find(handle);
  return Check(*result == nullptr ? Status(kTxnEnded) : (*result)->transaction->CheckUsable());
}

void ArgumentReader::ThrowExpected(size_t i, const char* expected) const {
  addon_->ThrowType("argument " + std::to_string(i) + " must be " + expected);
}

void ArgumentReader::ThrowStatus(const Status& status) const { addon_->Throw(status, ""); }

}  // namespace leasehold
