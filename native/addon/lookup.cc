// Looking keys up.
#include <string.h>

#include "addon/arguments.h"
#include "addon/lending.h"

namespace leasehold {
namespace {

// Adds a row for a value to the transaction's point lease. False if the value needs a new point lease.
bool AddPoint(Addon* addon, ReadTransaction* transaction, Slice value) {
  Lease* lease = transaction->point;
  if (lease == nullptr || lease->rows + lease->count != addon->table.data + addon->table_used ||
      addon->table_used == addon->table.size || lease->value_window != transaction->WindowOf(value.data) ||
      (lease->count > 0 && lease->bytes() + value.size > kLeaseBytes)) {
    return false;
  }
  const auto offset = static_cast<uint32_t>(value.data - lease->values);
  lease->rows[lease->count++] = {0, 0, offset, static_cast<uint32_t>(value.size)};
  lease->SetBytes(lease->bytes() + value.size);
  addon->table_used++;
  return true;
}

// Adds no more rows to the point lease: the next point read needs a new one.
void EndPoint(ReadTransaction* transaction) {
  if (transaction->point != nullptr) transaction->point->holder = nullptr;
  transaction->point = nullptr;
}

// Begins a point lease for a value, which must be in one window.
void BeginPoint(Addon* addon, ReadTransaction* transaction, napi_value object, Slice value) {
  EndPoint(transaction);
  Lease* lease = Lend(addon, transaction, object);
  lease->rows = addon->table.data + addon->table_used;
  lease->key_window = lease->value_window = transaction->WindowOf(value.data);
  lease->keys = lease->values = transaction->WindowBase(lease->value_window);
  lease->holder = &transaction->point;
  transaction->point = lease;
  addon->control.data[kControlBase] = addon->table_used * 4;
  SetWindows(addon, *transaction, lease->key_window, lease->value_window);
}

bool InOneWindow(const ReadTransaction& transaction, Slice value) {
  const uint32_t window = transaction.WindowOf(value.data);
  const size_t extent = transaction.WindowExtent(window);
  const auto offset = static_cast<size_t>(value.data - transaction.WindowBase(window));
  return offset <= extent && value.size <= extent - offset;
}

void SetFound(Addon* addon, Slice key, Slice value) {
  addon->found_key = key;
  addon->found_value = value;
  addon->control.data[kControlKeyLength] = static_cast<uint32_t>(key.size);
  addon->control.data[kControlValueLength] = static_cast<uint32_t>(value.size);
}

// Reads the first four arguments of a lookup: a transaction of either kind, a collection, and the key.
[[gnu::always_inline]] inline bool ReadKey(const ArgumentReader& arguments, Transaction** transaction,
                                           Collection** collection, Slice* key) {
  return arguments.AnyTransaction(0, transaction) &&
         arguments.Collection(1, *(*transaction)->environment(), collection) && arguments.Io(2, key);
}

// get(transaction, collection, keyOffset, keyLength)
napi_value Get(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Addon* addon = arguments.addon();
  ReadTransaction* transaction;
  Collection* collection;
  Slice key;
  if (!arguments.OpenRead(0, &transaction) || !arguments.Collection(1, *transaction->environment(), &collection) ||
      !arguments.Io(2, &key)) {
    return nullptr;
  }
  MDB_val found;
  const Status status = transaction->Get(collection, key, &found);
  if (status.code() == MDB_NOTFOUND) return FromInt32(env, kNotFound);
  if (!status.ok()) return addon->Throw(status, "get() from " + collection->Title(), PathOf(*transaction));
  const Slice value = ToSlice(found);
  if (!InOneWindow(*transaction, value)) {
    SetFound(addon, Slice(), value);
    return FromInt32(env, kPrivateRow);
  }
  const Status budget = CheckBudget(addon, transaction, value.size);
  if (!budget.ok()) return addon->Throw(budget, "get() from " + collection->Title(), PathOf(*transaction));
  if (AddPoint(addon, transaction, value)) {
    return FromInt32(env, static_cast<int32_t>(transaction->point->count - 1));
  }
  SetFound(addon, Slice(), value);
  // Describes what lendFound() will lend, so that JavaScript can aim the lease before that call.
  const bool is_full = addon->table_used == addon->table.size;
  const uint32_t window = transaction->WindowOf(value.data);
  addon->control.data[kControlBase] = is_full ? 0 : addon->table_used * 4;
  SetWindows(addon, *transaction, window, window);
  return FromInt32(env, is_full ? kNeedsTable : kNeedsLease);
}

// lendFound(transaction, lease)
napi_value LendFound(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Addon* addon = arguments.addon();
  ReadTransaction* transaction;
  if (!arguments.OpenRead(0, &transaction) || !arguments.Object(1)) return nullptr;
  const Slice value = addon->found_value;
  if (addon->table_used == addon->table.size || !transaction->Contains(value.data, value.size) ||
      !InOneWindow(*transaction, value)) {
    return addon->ThrowType("nothing was found just before");
  }
  addon->ForgetFound();
  BeginPoint(addon, transaction, arguments[1], value);
  AddPoint(addon, transaction, value);
  return FromInt32(env, 0);
}

// The argument `places` of getMany. It has the length of each key; getMany replaces each by the row of the value, or by
// kManyAbsent or kManyPrivate.
struct Places {
  uint32_t* data;
  uint32_t start;
  size_t count;
};

// Looks up keys that are one after the other in io, until the lease or the table is full. `*next` is the answer of
// getMany. If anything was lent, the lease is the transaction's point lease after this.
Status LookUp(Addon* addon, ReadTransaction* transaction, Collection* collection, uint32_t offset, const Places& places,
              napi_value object, int32_t* next) {
  uint32_t* control = addon->control.data;
  bool begun = false;
  uint32_t i = places.start;
  for (; i < places.count; i++) {
    if (addon->table_used == addon->table.size) {
      control[kControlKeyLength] = offset;
      control[kControlRows] = i;
      *next = kNeedsTable;
      return Status();
    }
    const uint32_t length = places.data[i];
    if (offset > addon->io.size || length > addon->io.size - offset) {
      return Status(kInvalidArgument, "a key must be inside the shared buffer");
    }
    MDB_val found;
    const Status status = transaction->Get(collection, Slice{addon->io.data + offset, length}, &found);
    if (status.code() == MDB_NOTFOUND) {
      places.data[i] = kManyAbsent;
    } else if (!status.ok()) {
      return status;
    } else if (const Slice value = ToSlice(found); !InOneWindow(*transaction, value)) {
      places.data[i] = kManyPrivate;
    } else {
      const Status budget = CheckBudget(addon, transaction, value.size);
      if (!budget.ok() && i == places.start) return budget;
      if (!budget.ok()) break;
      if (!begun) BeginPoint(addon, transaction, object, value);
      begun = true;
      if (!AddPoint(addon, transaction, value)) break;
      places.data[i] = transaction->point->count - 1;
    }
    offset += length;
  }
  if (i < places.count) control[kControlKeyLength] = offset;
  *next = static_cast<int32_t>(i);
  return Status();
}

// getMany(transaction, collection, keyOffset, places, start, lease)
Napi::Value GetMany(const Napi::CallbackInfo& info) {
  const Arguments<6> arguments(info);
  Addon* addon = arguments.addon();
  ReadTransaction* transaction;
  Collection* collection;
  uint32_t offset;
  void* data;
  size_t count;
  uint32_t start;
  if (!arguments.OpenRead(0, &transaction) || !arguments.Collection(1, *transaction->environment(), &collection) ||
      !arguments.Uint32(2, &offset) || !arguments.TypedArray(3, napi_uint32_array, &data, &count) ||
      !arguments.Uint32(4, &start) || !arguments.Object(5)) {
    return {};
  }
  // The lease is only for this call: `get` must not add rows to a lease that its caller does not know.
  EndPoint(transaction);
  int32_t next = 0;
  const Status status =
      LookUp(addon, transaction, collection, offset, {static_cast<uint32_t*>(data), start, count}, arguments[5], &next);
  EndPoint(transaction);
  if (status.ok()) return FromInt32(info.Env(), next);
  return addon->Throw(status, "getMany() from " + collection->Title(), PathOf(*transaction));
}

// getPrivate(transaction, collection, keyOffset, keyLength, target)
napi_value GetPrivate(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  Addon* addon = arguments.addon();
  Transaction* transaction;
  Collection* collection;
  Slice key;
  uint32_t target;
  if (!ReadKey(arguments, &transaction, &collection, &key) || !arguments.Uint32(4, &target)) return nullptr;
  MDB_val found;
  const Status status = transaction->Get(collection, key, &found);
  if (status.code() == MDB_NOTFOUND) return FromInt32(env, kNotFound);
  if (!status.ok()) return addon->Throw(status, "get() from " + collection->Title(), PathOf(*transaction));
  SetFound(addon, Slice(), ToSlice(found));
  if (target <= addon->io.size && found.mv_size <= addon->io.size - target) {
    memcpy(addon->io.data + target, found.mv_data, found.mv_size);
  }
  return FromDouble(env, static_cast<double>(found.mv_size));
}

// takePrivate(target)
napi_value TakePrivate(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Addon* addon = arguments.addon();
  void* data;
  size_t size;
  if (!arguments.TypedArray(0, napi_uint8_array, &data, &size)) return nullptr;
  if (size != addon->found_key.size + addon->found_value.size) return addon->ThrowType("the target has another size");
  auto* target = static_cast<uint8_t*>(data);
  if (addon->found_key.size > 0) memcpy(target, addon->found_key.data, addon->found_key.size);
  if (addon->found_value.size > 0) {
    memcpy(target + addon->found_key.size, addon->found_value.data, addon->found_value.size);
  }
  addon->ForgetFound();
  return Done(env);
}

// has(transaction, collection, keyOffset, keyLength)
napi_value Has(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Transaction* transaction;
  Collection* collection;
  Slice key;
  if (!ReadKey(arguments, &transaction, &collection, &key)) return nullptr;
  MDB_val found;
  const Status status = transaction->Get(collection, key, &found);
  if (!status.ok() && status.code() != MDB_NOTFOUND) {
    return arguments.addon()->Throw(status, "has() of " + collection->Title(), PathOf(*transaction));
  }
  return FromBool(env, status.ok());
}

// version(transaction, collection, keyOffset, keyLength)
napi_value Version(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Transaction* transaction;
  Collection* collection;
  Slice key;
  if (!ReadKey(arguments, &transaction, &collection, &key)) return nullptr;
  uint64_t tid;
  const Status status = transaction->Version(collection, key, &tid);
  if (!status.ok()) {
    return arguments.addon()->Throw(status, "version() of " + collection->Title(), PathOf(*transaction));
  }
  return FromDouble(env, static_cast<double>(tid));
}

// hasPair(transaction, collection, keyOffset, keyLength, bytes, valueOffset, valueLength)
napi_value HasPair(napi_env env, napi_callback_info info) {
  const Arguments<7> arguments(env, info);
  Transaction* transaction;
  Collection* collection;
  Slice key;
  Slice value;
  if (!ReadKey(arguments, &transaction, &collection, &key) || !arguments.Bytes(4, &value)) return nullptr;
  bool found;
  const Status status = transaction->HasPair(collection, key, value, &found);
  if (!status.ok()) {
    return arguments.addon()->Throw(status, "hasValue() of " + collection->Title(), PathOf(*transaction));
  }
  return FromBool(env, found);
}

}  // namespace

Functions LookupFunctions() {
  return {{"get", Get},
          {"lendFound", LendFound},
          {"getMany", Callback<GetMany>},
          {"getPrivate", GetPrivate},
          {"takePrivate", TakePrivate},
          {"has", Has},
          {"version", Version},
          {"hasPair", HasPair}};
}

}  // namespace leasehold
