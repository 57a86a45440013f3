// Reads and checks the arguments of a native function.
#ifndef LEASEHOLD_ADDON_ARGUMENTS_H_
#define LEASEHOLD_ADDON_ARGUMENTS_H_

#include <cmath>
#include <initializer_list>
#include <string>
#include <utility>

#include "addon/addon.h"

namespace leasehold {

constexpr napi_type_tag kEnvironmentTag = {0x6c65617365686f6cULL, 0x64656e7669726f6eULL};

// The arguments of a call of `N`. Each getter throws a TypeError and returns false if the argument is of another type
// or, for an integer, outside of its range; the caller then returns nullptr.
template <size_t N>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    void* data = nullptr;
    napi_get_cb_info(env, info, &count_, values_, nullptr, &data);
    addon_ = static_cast<Addon*>(data);
  }

  Addon* addon() const { return addon_; }
  // How many were given.
  size_t count() const { return count_; }
  napi_value operator[](size_t i) const { return values_[i]; }

  bool Int32(size_t i, int32_t* result) const {
    double number;
    if (!Number(i, &number)) return false;
    if (!(number >= INT32_MIN && number <= INT32_MAX)) return Fail(i, "a 32-bit integer");
    *result = static_cast<int32_t>(number);
    return number == *result || Fail(i, "a 32-bit integer");
  }

  // A handle. One that is left out stands in the control block: an argument takes 4 ns, a word there none.
  bool Handle(size_t i, int32_t* result) const {
    if (count_ > i) return Int32(i, result);
    if (addon_->control.data == nullptr) return Fail(i, "given, since no control block was attached");
    *result = static_cast<int32_t>(addon_->control.data[kControlTransaction]);
    return true;
  }

  bool Uint32(size_t i, uint32_t* result) const {
    double number;
    if (!Number(i, &number)) return false;
    if (!(number >= 0 && number <= UINT32_MAX)) return Fail(i, "a u32");
    *result = static_cast<uint32_t>(number);
    return number == *result || Fail(i, "a u32");
  }

  // Up to 2 ** 53.
  bool Size(size_t i, uint64_t* result) const {
    double number;
    if (!Number(i, &number)) return false;
    if (!(number >= 0 && number <= 9007199254740992.0)) return Fail(i, "a size");
    *result = static_cast<uint64_t>(number);
    return number == static_cast<double>(*result) || Fail(i, "a size");
  }

  // From now on so many ms, as long as it takes if Infinity.
  bool Timeout(size_t i, Deadline* result) const {
    double timeout;
    if (!Number(i, &timeout)) return false;
    if (!(timeout >= 0)) return Fail(i, "a number of milliseconds");
    // Beyond what a clock can tell, it is for ever as well.
    if (timeout < 1e12) {
      *result = std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<int64_t>(timeout));
    }
    return true;
  }

  bool Number(size_t i, double* result) const {
    return napi_get_value_double(env_, values_[i], result) == napi_ok || Fail(i, "a number");
  }

  bool Bool(size_t i, bool* result) const {
    return napi_get_value_bool(env_, values_[i], result) == napi_ok || Fail(i, "a boolean");
  }

  bool String(size_t i, std::string* result) const {
    size_t length;
    if (napi_get_value_string_utf8(env_, values_[i], nullptr, 0, &length) != napi_ok) return Fail(i, "a string");
    result->resize(length);
    napi_get_value_string_utf8(env_, values_[i], result->data(), length + 1, &length);
    return true;
  }

  bool Object(size_t i) const {
    napi_valuetype type;
    return (napi_typeof(env_, values_[i], &type) == napi_ok && type == napi_object) || Fail(i, "an object");
  }

  bool IsUndefined(size_t i) const {
    napi_valuetype type;
    return napi_typeof(env_, values_[i], &type) == napi_ok && type == napi_undefined;
  }

  bool IsNull(size_t i) const {
    napi_valuetype type;
    return napi_typeof(env_, values_[i], &type) == napi_ok && type == napi_null;
  }

  // A Uint8Array's or Uint32Array's memory. A detached one is refused, since its content is gone.
  bool TypedArray(size_t i, napi_typedarray_type wanted, void** data, size_t* length) const {
    bool is_typed_array = false;
    napi_typedarray_type type;
    napi_value buffer;
    if (napi_is_typedarray(env_, values_[i], &is_typed_array) != napi_ok || !is_typed_array ||
        napi_get_typedarray_info(env_, values_[i], &type, length, data, &buffer, nullptr) != napi_ok ||
        type != wanted) {
      return Fail(i, wanted == napi_uint8_array ? "a Uint8Array" : "a Uint32Array");
    }
    bool detached = false;
    if (*length == 0 && napi_is_detached_arraybuffer(env_, buffer, &detached) == napi_ok && detached) {
      return Fail(i, "a typed array that is not detached");
    }
    return true;
  }

  // `length` bytes of the shared buffer from `offset` on, given as the arguments `i` and `i + 1`.
  bool Io(size_t i, Slice* result) const {
    uint32_t offset;
    uint32_t length;
    if (!Uint32(i, &offset) || !Uint32(i + 1, &length)) return false;
    if (offset > addon_->io.size || length > addon_->io.size - offset) return Fail(i, "inside the shared buffer");
    *result = Slice{addon_->io.data + offset, length};
    return true;
  }

  // Bytes that are given as the arguments `i` to `i + 2`: a Uint8Array, or undefined for the shared buffer; the offset;
  // the length.
  bool Bytes(size_t i, Slice* result) const {
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

  // An environment that is open.
  bool Environment(size_t i, OpenEnvironment** result) const {
    bool tagged = false;
    napi_valuetype type;
    if (napi_typeof(env_, values_[i], &type) != napi_ok || type != napi_object ||
        napi_check_object_type_tag(env_, values_[i], &kEnvironmentTag, &tagged) != napi_ok || !tagged ||
        napi_unwrap(env_, values_[i], reinterpret_cast<void**>(result)) != napi_ok) {
      return Fail(i, "a native environment");
    }
    if ((*result)->core) return true;
    addon_->Throw(Status(kEnvClosed), "");
    return false;
  }

  bool Collection(size_t i, const leasehold::Environment& environment, leasehold::Collection** result) const {
    uint32_t id;
    if (!Uint32(i, &id)) return false;
    *result = environment.FindCollection(id);
    return *result != nullptr || Fail(i, "a collection of this environment");
  }

  // A transaction of either kind that has not ended.
  bool AnyTransaction(size_t i, Transaction** result) const {
    int32_t handle;
    if (!Int32(i, &handle)) return false;
    *result = addon_->transactions.Find(handle);
    const Status status = *result == nullptr ? Status(kTxnEnded) : (*result)->CheckUsable();
    if (status.ok()) return true;
    addon_->Throw(status, "");
    return false;
  }

  bool OpenRead(size_t i, ReadTransaction** result) const {
    Transaction* transaction;
    if (!AnyTransaction(i, &transaction)) return false;
    if (transaction->is_write()) return Fail(i, "a read transaction");
    *result = static_cast<ReadTransaction*>(transaction);
    return true;
  }

  // A read transaction that may have ended, but still lends memory.
  bool LendingRead(size_t i, ReadTransaction** result) const {
    int32_t handle;
    if (!Int32(i, &handle)) return false;
    Transaction* transaction = addon_->transactions.Find(handle);
    if (transaction == nullptr) {
      addon_->Throw(Status(kTxnEnded), "");
      return false;
    }
    if (transaction->is_write()) return Fail(i, "a read transaction");
    *result = static_cast<ReadTransaction*>(transaction);
    return true;
  }

  bool Write(size_t i, WriteTransaction** result) const {
    Transaction* transaction;
    if (!AnyTransaction(i, &transaction)) return false;
    if (!transaction->is_write()) return Fail(i, "a write transaction");
    *result = static_cast<WriteTransaction*>(transaction);
    return true;
  }

  bool Cursor(size_t i, OpenCursor** result) const {
    int32_t handle;
    if (!Int32(i, &handle)) return false;
    *result = addon_->cursors.Find(handle);
    const Status status =
        *result == nullptr || !(*result)->core ? Status(kTxnEnded) : (*result)->transaction->CheckUsable();
    if (status.ok()) return true;
    addon_->Throw(status, "");
    return false;
  }

  // A join whose transaction has not ended.
  bool Join(size_t i, OpenJoin** result) const {
    int32_t handle;
    if (!Int32(i, &handle)) return false;
    *result = addon_->joins.Find(handle);
    const Status status = *result == nullptr ? Status(kTxnEnded) : (*result)->transaction->CheckUsable();
    if (status.ok()) return true;
    addon_->Throw(status, "");
    return false;
  }

  // Inlined, so that the compiler sees that what a getter did not set is not used.
  [[gnu::always_inline]] bool Fail(size_t i, const char* expected) const {
    ThrowExpected(i, expected);
    return false;
  }

 private:
  void ThrowExpected(size_t i, const char* expected) const {
    addon_->ThrowType("argument " + std::to_string(i) + " must be " + expected);
  }

  napi_env const env_;
  Addon* addon_ = nullptr;
  size_t count_ = N;
  napi_value values_[N == 0 ? 1 : N];
};

// The directory of a transaction's database, for its errors.
inline const char* PathOf(const Transaction& transaction) { return transaction.database()->path().c_str(); }

inline napi_value FromInt32(napi_env env, int32_t value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

inline napi_value FromDouble(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

inline napi_value FromBool(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}

// What a function gives that did what it had to. Never undefined, which says that it failed: an exception is pending,
// unless the thread is being terminated. Node-API then refuses to throw, though JavaScript still runs until V8 has been
// told to stop it as well.
inline napi_value Done(napi_env env) { return FromBool(env, true); }

// What a function gives that found nothing.
inline napi_value Null(napi_env env) {
  napi_value null;
  napi_get_null(env, &null);
  return null;
}

using Properties = std::initializer_list<std::pair<const char*, napi_value>>;

// Gives an object these properties. They are defined: setting one would call a setter that a program put on
// Object.prototype, and leave the object without it.
inline napi_status DefineProperties(napi_env env, napi_value object, Properties properties) {
  for (const auto& [name, value] : properties) {
    const napi_property_descriptor property = {
        name, nullptr, nullptr, nullptr, nullptr, value, napi_default_jsproperty, nullptr};
    const napi_status status = napi_define_properties(env, object, 1, &property);
    if (status != napi_ok) return status;
  }
  return napi_ok;
}

// A plain object with these properties; nullptr if Node-API refuses it.
inline napi_value FromProperties(napi_env env, Properties properties) {
  napi_value object;
  napi_create_object(env, &object);
  return DefineProperties(env, object, properties) == napi_ok ? object : nullptr;
}

// An array of these elements; nullptr if Node-API refuses it.
inline napi_value FromElements(napi_env env, const std::vector<napi_value>& elements) {
  napi_value array;
  napi_create_array(env, &array);
  for (size_t i = 0; i < elements.size(); i++) {
    if (DefineProperties(env, array, {{std::to_string(i).c_str(), elements[i]}}) != napi_ok) return nullptr;
  }
  return array;
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_ARGUMENTS_H_
