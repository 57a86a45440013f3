// Optimistic transactions: read transactions that remember what they write, and become one batch at their end.
#include "addon/arguments.h"
#include "addon/async/promise.h"
#include "core/transact/overlay.h"

namespace leasehold {
namespace {

// transactBegin(environmentHandle, notesReads)
Napi::Value TransactBegin(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Addon* addon = arguments.addon();
  int32_t environment_handle;
  bool notes_reads;
  if (!arguments.Int32(0, &environment_handle) || !arguments.Bool(1, &notes_reads)) return {};
  OpenEnvironment* const* found = addon->environment_handles.Find(environment_handle);
  if (found == nullptr) return addon->Throw(Status(kEnvClosed), "");
  const OpenEnvironment* environment = *found;
  std::unique_ptr<ReadTransaction> transaction;
  const Status status = ReadTransaction::Begin(environment->core.get(), false, &transaction);
  if (!status.ok()) {
    return addon->Throw(status, "cannot begin a transaction", environment->core->database()->path().c_str());
  }
  transaction->BeginOverlay(notes_reads);
  const int32_t handle = addon->transactions.Add(std::move(transaction));
  if (handle < 0) return addon->Throw(Status(kBusy, "too many transactions are open in this thread: end some"), "");
  return FromInt32(info.Env(), handle);
}

// Finds the open environment of the handle that is the first argument. False if an error was thrown.
bool FindTurnsEnvironment(const ArgumentReader& arguments, Environment** environment) {
  int32_t handle;
  if (!arguments.Int32(0, &handle)) return false;
  OpenEnvironment* const* found = arguments.addon()->environment_handles.Find(handle);
  if (found == nullptr) {
    arguments.addon()->Throw(Status(kEnvClosed), "");
    return false;
  }
  *environment = (*found)->core.get();
  return true;
}

// transactTurnTake(environmentHandle)
Napi::Value TransactTurnTake(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Environment* environment;
  if (!FindTurnsEnvironment(arguments, &environment)) return {};
  return FromBool(info.Env(), environment->database()->turn().Take(environment));
}

// transactTurnRelease(environmentHandle)
Napi::Value TransactTurnRelease(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Environment* environment;
  if (!FindTurnsEnvironment(arguments, &environment)) return {};
  environment->database()->turn().Release(environment);
  return Done(info.Env());
}

// transactTurnIsTaken(environmentHandle)
Napi::Value TransactTurnIsTaken(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  Environment* environment;
  if (!FindTurnsEnvironment(arguments, &environment)) return {};
  return FromBool(info.Env(), environment->database()->turn().IsTaken());
}

// transactWrites(transaction)
Napi::Value TransactWrites(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  ReadTransaction* transaction;
  if (!arguments.Optimistic(0, &transaction)) return {};
  return FromBool(info.Env(), transaction->overlay()->has_writes());
}

// transactMark(transaction)
Napi::Value TransactMark(const Napi::CallbackInfo& info) {
  const Arguments<1> arguments(info);
  ReadTransaction* transaction;
  if (!arguments.Optimistic(0, &transaction)) return {};
  transaction->overlay()->Mark();
  return Done(info.Env());
}

// transactEndMark(transaction, takeBack)
Napi::Value TransactEndMark(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  ReadTransaction* transaction;
  bool take_back;
  if (!arguments.Optimistic(0, &transaction) || !arguments.Bool(1, &take_back)) return {};
  const Status status = transaction->overlay()->EndMark(take_back);
  if (!status.ok()) return arguments.addon()->Throw(status, "the mark", PathOf(*transaction));
  return Done(info.Env());
}

// transactExpect(transaction, collection, keyOffset, keyLength, version)
Napi::Value TransactExpect(const Napi::CallbackInfo& info) {
  const Arguments<5> arguments(info);
  ReadTransaction* transaction;
  Collection* collection;
  Slice key;
  uint64_t version;
  if (!arguments.Optimistic(0, &transaction) || !arguments.Collection(1, *transaction->environment(), &collection) ||
      !arguments.Io(2, &key) || !arguments.Size(4, &version)) {
    return {};
  }
  const Status status = transaction->overlay()->Expect(collection, key, version);
  if (!status.ok()) return arguments.addon()->Throw(status, "the version of a key", PathOf(*transaction));
  return Done(info.Env());
}

// What the JavaScript thread needs to settle the promise of a commit.
struct PendingCommit {
  Addon* addon;
  OpenEnvironment* environment;
  Deferred promise;
  std::string path;
};

// The keys in conflict, as an array of collection, key, collection, key and so on. Of a range that has changed, the key
// is null.
Napi::Value Conflicts(const PendingCommit& pending, const WriteBatch& batch) {
  const Napi::Env env = pending.addon->env;
  // First the numbers: making the elements may run user code, which may close the environment.
  std::vector<uint32_t> ids;
  for (const size_t i : batch.conflicts) {
    ids.push_back(pending.environment->core->AddCollection(batch.operations[i].collection));
  }
  std::vector<Napi::Value> elements;
  for (size_t n = 0; n < ids.size(); n++) {
    const Change& check = batch.operations[batch.conflicts[n]];
    elements.push_back(FromInt32(env, static_cast<int32_t>(ids[n])));
    if (check.kind == ChangeKind::kCheck) {
      auto key = Napi::Uint8Array::New(env, check.key.size);
      if (key.IsEmpty()) return key;
      memcpy(key.Data(), check.key.data, check.key.size);
      elements.push_back(key);
    } else {
      elements.push_back(Null(env));
    }
  }
  return FromElements(env, elements);
}

// Fulfils the promise with true, or with the keys in conflict; rejects it with any other error.
void SettleCommit(const PendingCommit& pending, const WriteBatch& batch) {
  Addon* addon = pending.addon;
  if (batch.status.ok()) {
    pending.promise.Resolve(FromBool(addon->env, true));
  } else if (!batch.conflicts.empty() && pending.environment->core) {
    pending.promise.Resolve(Conflicts(pending, batch));
  } else {
    pending.promise.Reject(
        addon->Error(batch.status, "the transaction failed, and nothing of it was applied", pending.path.c_str()));
  }
  addon->Unhold(pending.environment);
}

// transactCommit(transaction, environment)
Napi::Value TransactCommit(const Napi::CallbackInfo& info) {
  const Arguments<2> arguments(info);
  Addon* addon = arguments.addon();
  Promise promise(info.Env());
  const std::shared_ptr<Mailbox> mailbox = addon->TheMailbox();
  auto pending = std::make_shared<PendingCommit>();
  pending->addon = addon;
  ReadTransaction* transaction;
  if (!promise.ok() || !arguments.Optimistic(0, &transaction) || !arguments.Environment(1, &pending->environment)) {
    return {};
  }
  if (transaction->environment() != pending->environment->core.get()) {
    return addon->ThrowType("argument 0 must be a transaction of that environment");
  }
  pending->path = transaction->database()->path();
  auto batch = std::make_shared<WriteBatch>();
  Status status = mailbox ? transaction->overlay()->MakeBatch(batch.get()) : Status(ENOMEM);
  batch->caller = std::this_thread::get_id();
  batch->receiver = mailbox.get();
  const auto done = [mailbox, pending](const std::shared_ptr<WriteBatch>& settled, bool more) {
    mailbox->Post([pending, settled] { SettleCommit(*pending, *settled); }, true, more);
  };
  if (status.ok()) status = pending->environment->core->AddBatch(std::move(batch), done);
  if (!status.ok()) return addon->Throw(status, "the transaction", pending->path.c_str());
  pending->promise = promise.Take();
  mailbox->Expect(info.Env());
  addon->Hold(pending->environment);
  return promise.value();
}

}  // namespace

Functions TransactFunctions() {
  return {{"transactBegin", Callback<TransactBegin>},
          {"transactWrites", Callback<TransactWrites>},
          {"transactMark", Callback<TransactMark>},
          {"transactEndMark", Callback<TransactEndMark>},
          {"transactExpect", Callback<TransactExpect>},
          {"transactCommit", Callback<TransactCommit>},
          {"transactTurnTake", Callback<TransactTurnTake>},
          {"transactTurnRelease", Callback<TransactTurnRelease>},
          {"transactTurnIsTaken", Callback<TransactTurnIsTaken>}};
}

}  // namespace leasehold
