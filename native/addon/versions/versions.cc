// The numbers of commits, and the id of the store to which they belong.
#include "addon/arguments.h"
#include "core/versions/change_log.h"

namespace leasehold {
namespace {

// transactionTid(transaction)
Napi::Value TransactionTid(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Transaction* transaction;
  if (!arguments.AnyTransaction(0, &transaction)) return {};
  uint64_t tid;
  const Status status = transaction->SeenTid(&tid);
  if (!status.ok()) return arguments.addon()->Throw(status, "reading the log of changes", PathOf(*transaction));
  return FromDouble(info.Env(), static_cast<double>(tid));
}

// storeId(transaction): null if there is none yet.
Napi::Value TheStoreId(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Transaction* transaction;
  if (!arguments.AnyTransaction(0, &transaction)) return {};
  uint8_t id[kStoreIdBytes];
  bool found;
  const Status status = StoreId(transaction->txn(), id, &found);
  if (!status.ok()) return arguments.addon()->Throw(status, "reading the log of changes", PathOf(*transaction));
  if (!found) return Null(info.Env());
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : id) text += {kDigits[byte >> 4], kDigits[byte & 15]};
  return Napi::String::New(info.Env(), text);
}

}  // namespace

Functions VersionFunctions() {
  return {{"transactionTid", Callback<TransactionTid>}, {"storeId", Callback<TheStoreId>}};
}

}  // namespace leasehold
