// Reads and checks the arguments of a native function.
#ifndef LEASEHOLD_ADDON_ARGUMENTS_H_
#define LEASEHOLD_ADDON_ARGUMENTS_H_

#include <string>

#include "addon/addon.h"
#include "addon/results.h"

namespace leasehold {

constexpr napi_type_tag kEnvironmentTag = {0x6c65617365686f6cULL, 0x64656e7669726f6eULL};

// The arguments of a call. If an argument has another type, or an integer is outside its range, the getter throws a
// TypeError and returns false. The caller must then return an empty value.
//
// Numbers are read by raw Node-API: one call both checks and reads a number. Napi::Value needs two calls, and throws an
// error without a code if the argument is not a number.
class ArgumentReader {
 public:
  Addon* addon() const { return addon_; }
  // How many arguments were given.
  size_t count() const { return count_; }
  napi_value operator[](size_t i) const { return values_[i]; }

  [[gnu::always_inline]] bool Number(size_t i, double* result) const {
    return napi_get_value_double(env_, values_[i], result) == napi_ok || Fail(i, "a number");
  }

  [[gnu::always_inline]] bool Int32(size_t i, int32_t* result) const {
    double number;
    if (!Number(i, &number)) return false;
    if (!(number >= INT32_MIN && number <= INT32_MAX)) return Fail(i, "a 32-bit integer");
    *result = static_cast<int32_t>(number);
    return number == *result || Fail(i, "a 32-bit integer");
  }

  [[gnu::always_inline]] bool Uint32(size_t i, uint32_t* result) const {
    double number;
    if (!Number(i, &number)) return false;
    if (!(number >= 0 && number <= UINT32_MAX)) return Fail(i, "a u32");
    *result = static_cast<uint32_t>(number);
    return number == *result || Fail(i, "a u32");
  }

  // An integer from 0 to 2 ** 53.
  bool Size(size_t i, uint64_t* result) const {
    double number;
    if (!Number(i, &number)) return false;
    if (!(number >= 0 && number <= 9007199254740992.0)) return Fail(i, "a size");
    *result = static_cast<uint64_t>(number);
    return number == static_cast<double>(*result) || Fail(i, "a size");
  }

  bool Bool(size_t i, bool* result) const {
    return napi_get_value_bool(env_, values_[i], result) == napi_ok || Fail(i, "a boolean");
  }

  bool Object(size_t i) const { return TypeOf(i) == napi_object || Fail(i, "an object"); }
  bool IsUndefined(size_t i) const { return TypeOf(i) == napi_undefined; }
  bool IsNull(size_t i) const { return TypeOf(i) == napi_null; }

  // A number of milliseconds from now on. Infinity means no deadline.
  bool Timeout(size_t i, Deadline* result) const;
  bool String(size_t i, std::string* result) const;
  // As it is, with unpaired surrogates.
  bool Utf16(size_t i, std::u16string* result) const;
  bool Function(size_t i) const;
  bool ArrayBuffer(size_t i) const;
  // The memory of a Uint8Array or Uint32Array. Refuses a detached array, since its content is gone.
  bool TypedArray(size_t i, napi_typedarray_type wanted, void** data, size_t* length) const;

  // `length` bytes of the shared buffer from `offset` on, given as the arguments `i` and `i + 1`.
  [[gnu::always_inline]] bool Io(size_t i, Slice* result) const {
    uint32_t offset;
    uint32_t length;
    if (!Uint32(i, &offset) || !Uint32(i + 1, &length)) return false;
    if (offset > addon_->io.size || length > addon_->io.size - offset) return Fail(i, "inside the shared buffer");
    *result = Slice{addon_->io.data + offset, length};
    return true;
  }

  // Bytes that are given as the arguments `i` to `i + 2`: a Uint8Array, or undefined for the shared buffer; the offset;
  // the length.
  bool Bytes(size_t i, Slice* result) const;

  // An environment that is open.
  bool Environment(size_t i, OpenEnvironment** result) const;

  // A handle. If the argument is left out, the handle is in the control block: an argument takes 4 ns, a number there
  // none.
  [[gnu::always_inline]] bool Handle(size_t i, int32_t* result) const {
    if (count_ > i) return Int32(i, result);
    if (addon_->control.data == nullptr) return Fail(i, "given, since no control block was attached");
    *result = static_cast<int32_t>(addon_->control.data[kControlTransaction]);
    return true;
  }

  [[gnu::always_inline]] bool Collection(size_t i, const leasehold::Environment& environment,
                                         leasehold::Collection** result) const {
    uint32_t id;
    if (!Uint32(i, &id)) return false;
    *result = environment.FindCollection(id);
    return *result != nullptr || Fail(i, "a collection of this environment");
  }

  // A transaction of either kind that has not ended.
  [[gnu::always_inline]] bool AnyTransaction(size_t i, Transaction** result) const {
    int32_t handle;
    if (!Int32(i, &handle)) return false;
    *result = addon_->transactions.Find(handle);
    return Check(*result == nullptr ? Status(kTxnEnded) : (*result)->CheckUsable());
  }

  [[gnu::always_inline]] bool OpenRead(size_t i, ReadTransaction** result) const {
    Transaction* transaction;
    if (!AnyTransaction(i, &transaction)) return false;
    if (transaction->is_write()) return Fail(i, "a read transaction");
    *result = static_cast<ReadTransaction*>(transaction);
    return true;
  }

  // A read transaction that may have ended, but still lends memory.
  bool LendingRead(size_t i, ReadTransaction** result) const;

  [[gnu::always_inline]] bool Write(size_t i, WriteTransaction** result) const {
    Transaction* transaction;
    if (!AnyTransaction(i, &transaction)) return false;
    if (!transaction->is_write()) return Fail(i, "a write transaction");
    *result = static_cast<WriteTransaction*>(transaction);
    return true;
  }

  // An optimistic transaction that has not ended.
  bool Optimistic(size_t i, ReadTransaction** result) const {
    return OpenRead(i, result) && ((*result)->overlay() != nullptr || Fail(i, "an optimistic transaction"));
  }

  // A transaction in which changes can be made: a write transaction, or an optimistic one.
  [[gnu::always_inline]] bool Changing(size_t i, Transaction** result) const {
    if (!AnyTransaction(i, result)) return false;
    return (*result)->is_write() || (*result)->overlay() != nullptr || Fail(i, "a transaction that writes");
  }

  [[gnu::always_inline]] bool Cursor(size_t i, OpenCursor** result) const {
    int32_t handle;
    if (!Int32(i, &handle)) return false;
    *result = addon_->cursors.Find(handle);
    const bool is_open = *result != nullptr && (*result)->core;
    return Check(is_open ? (*result)->transaction->CheckUsable() : Status(kTxnEnded));
  }

  // A join whose transaction has not ended.
  bool Join(size_t i, OpenJoin** result) const;

  // Inlined, so that the compiler sees that callers do not use what a getter has not set.
  [[gnu::always_inline]] bool Fail(size_t i, const char* expected) const {
    ThrowExpected(i, expected);
    return false;
  }

 protected:
  ArgumentReader(napi_env env, const napi_value* values) : env_(env), values_(values) {}

  Addon* addon_ = nullptr;
  size_t count_ = 0;

 private:
  napi_valuetype TypeOf(size_t i) const { return Napi::Value(env_, values_[i]).Type(); }

  [[gnu::always_inline]] bool Check(const Status& status) const {
    if (status.ok()) return true;
    ThrowStatus(status);
    return false;
  }

  [[gnu::cold]] void ThrowExpected(size_t i, const char* expected) const;
  [[gnu::cold]] void ThrowStatus(const Status& status) const;

  napi_env const env_;
  const napi_value* const values_;
};

// The arguments of a function with `N` parameters. scripts/native-contract.mjs compares N with the TypeScript
// declaration.
template <size_t N>
class Arguments : public ArgumentReader {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : ArgumentReader(info.Env(), values_) {
    addon_ = static_cast<Addon*>(info.Data());
    count_ = info.Length();
    for (size_t i = 0; i < N; i++) values_[i] = info[i];
  }
  // For a raw callback.
  Arguments(napi_env env, napi_callback_info info) : ArgumentReader(env, values_) {
    void* data = nullptr;
    count_ = N;
    napi_get_cb_info(env, info, &count_, values_, nullptr, &data);
    addon_ = static_cast<Addon*>(data);
  }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

 private:
  napi_value values_[N == 0 ? 1 : N];
};

// The directory of a transaction's database, for its errors.
inline const char* PathOf(const Transaction& transaction) { return transaction.database()->path().c_str(); }

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_ARGUMENTS_H_
