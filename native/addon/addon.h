// The state of the addon in one JavaScript thread, and what all its functions share.
//
// Lifetimes. An OpenEnvironment belongs to a JavaScript object. It is closed by close(), by that object's finalizer or
// by the thread's cleanup hook, whichever comes first. The hook runs before finalizers. Transactions and cursors belong
// to the handle tables. An ended transaction stays until nothing reads its memory: `drained` removes it. A cursor ends
// with its transaction. Leases belong to the list of their source, and refer to their JavaScript objects weakly.
#ifndef LEASEHOLD_ADDON_ADDON_H_
#define LEASEHOLD_ADDON_ADDON_H_

#define LEASEHOLD_NODE_API
#include <leasehold/lease.h>

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "addon/async/mailbox.h"
#include "addon/buffers/buffer_memory.h"
#include "addon/buffers/hidden_buffers.h"
#include "addon/handles.h"
#include "addon/node_addon_api.h"
#include "contract.h"
#include "core/join/join.h"
#include "core/locks/named_locks.h"
#include "core/objects/marking.h"
#include "core/rows/given_rows.h"
#include "core/store/copy.h"
#include "core/store/read_transaction.h"
#include "core/store/write_transaction.h"

namespace leasehold {

struct OpenEnvironment {
  std::unique_ptr<Environment> core;  // null once closed
  // Its JavaScript object. The reference is weak, except between Addon::Hold and Unhold.
  Napi::ObjectReference object;
  // The ArrayBuffers over the map that JavaScript has got.
  std::vector<Napi::Reference<Napi::ArrayBuffer>> windows;
  int32_t handle = -1;
  size_t window_bytes = 0;  // how many bytes V8 counts for them
  unsigned windows_generation = 0;
  std::vector<std::unique_ptr<Copy>> copies;  // those that are not complete
  std::unique_ptr<LockListener> locks;        // null until a lock is requested
};

// The rows of a range. For a scan also the lease that is re-aimed: it stays until the scan closes the cursor, even if
// the transaction has ended, since the scan's function may still read it, and it has to be moved like any other lease.
struct OpenCursor {
  ~OpenCursor() {
    delete lease;
    EndGroup();
  }
  // No more rows of the last group are handed out.
  void EndGroup() {
    if (group != nullptr) group->holder = nullptr;
    group = nullptr;
  }

  Transaction* transaction = nullptr;
  Collection* collection = nullptr;
  std::unique_ptr<Rows> core;  // null once its transaction has ended
  int32_t handle = -1;
  bool reaimed = false;
  Lease* lease = nullptr;         // of a scan
  Lease* group = nullptr;         // the group whose rows are being handed out
  leasehold_row* rows = nullptr;  // a scan's rows in the table, which each batch overwrites
  uint32_t row_capacity = 0;
  // The last batch, if it could not be returned (it exceeded maxHeldBytes, for example). The next call returns it.
  Batch refused;
  std::vector<leasehold_row> refused_rows;
};

struct OpenJoin {
  std::unique_ptr<Join> core;
  // The sides whose entries JavaScript gives; null for other sides. The join owns them.
  GivenRows* build_given = nullptr;
  GivenRows* probe_given = nullptr;
  // See Rows::lead.
  uint32_t build_lead = 0;
  uint32_t probe_lead = 0;
  ReadTransaction* transaction;
  bool begun = false;  // then JavaScript can give no more entries
  bool built = false;
};

// A JavaScript typed array to which native code writes.
template <class T>
struct SharedArray {
  T* data = nullptr;
  size_t size = 0;
  Napi::ObjectReference array;  // keeps it alive
};

struct Addon {
  explicit Addon(Napi::Env node_env) : env(node_env), buffer_memory(node_env), hidden_buffers(node_env) {
    leasehold_source_init(&exit, nullptr, nullptr, 0);
  }

  const Napi::Env env;
  SharedArray<uint8_t> io;
  SharedArray<uint32_t> control;
  SharedArray<leasehold_row> table;
  uint32_t table_used = 0;
  Napi::FunctionReference make_error;
  Napi::FunctionReference take_back;  // JavaScript's function that makes a relay take back what it has lent

  Napi::FunctionReference lock_told;  // JavaScript's function that is told what becomes of requests of locks
  uint32_t lock_thread = 0;           // the number of this thread that query() of locks shows

  HandleTable<Transaction> transactions;
  HandleTable<OpenCursor> cursors;
  HandleTable<OpenJoin> joins;
  HandleTable<Marking> markings;
  std::vector<OpenEnvironment*> environments;
  // The open environments, with the handles by which hot calls name them.
  HandleTable<OpenEnvironment*> environment_handles;
  // A source that ends with the thread. Who must do something before any finalizer runs has a node on its list.
  leasehold_source exit;

  std::shared_ptr<Mailbox> mailbox;  // null until it is first needed
  // Null if there is no memory for it. Making it calls hooks of node:async_hooks, which are user code. So a native
  // function must call this before it looks anything up.
  const std::shared_ptr<Mailbox>& TheMailbox();

  // Between these calls, the garbage collector does not take an environment, even if JavaScript does not refer to it.
  // They nest.
  void Hold(OpenEnvironment* environment) noexcept;
  void Unhold(OpenEnvironment* environment) noexcept;

  // The error of the write that doomed a transaction. The commit of the transaction throws it again.
  std::unordered_map<const Transaction*, Napi::Error> failures;

  Napi::ObjectReference sentinel;  // weak, to an object that the next garbage collection takes
  uint64_t collections = 0;
  // How many collections of young objects have been noticed: at most one for each call.
  uint64_t Collections();
  int64_t hidden = 0;  // bytes of external memory that V8 does not count
  BufferMemory buffer_memory;
  HiddenBuffers hidden_buffers;

  void Hide(int64_t change) noexcept;
  size_t WindowBytes() const;

  // What the last call has found, for `takePrivate` and `lendFound`.
  Slice found_key;
  Slice found_value;
  void ForgetFound() {
    // Two assignments: the compiler turns one into code that reads back what it has just written, and waits (4 ns).
    found_key = Slice();
    found_value = Slice();
  }

  // To be called before each change of what a write transaction sees.
  void BeginChange() {
    ForgetFound();
    if (control.data != nullptr) control.data[kControlChanges]++;
  }

  // Ends all that this environment has open, commits this thread's batches, and closes the environment. `detach`: also
  // detaches the windows, for which JavaScript must be able to run. A second call does nothing. After an error of the
  // last sync the environment is closed too.
  Status Close(OpenEnvironment* environment, bool detach) noexcept;
  // Drops the windows of an environment. `detach`: also detaches the ArrayBuffers.
  void DropWindows(OpenEnvironment* environment, bool detach) noexcept;
  // Ends the cursors and joins of a transaction.
  void CloseCursors(Transaction* transaction) noexcept;

  // The JavaScript error of a status. `tried` says what was tried, on what. Making or throwing a JavaScript value may
  // run user code, which can end anything: a caller that goes on must look everything up again. Empty if Node-API
  // refuses.
  Napi::Value Error(const Status& status, const std::string& tried, const char* path = nullptr);
  // Throws an error, unless an exception is already pending. Returns the empty value that a native function must return
  // if it failed.
  Napi::Value Throw(Napi::Value error);
  Napi::Value Throw(const Status& status, const std::string& tried, const char* path = nullptr);
  Napi::Value ThrowType(const std::string& message);
};

// Throws the error of a write. If the error has doomed the transaction, stores it: the commit throws it again.
Napi::Value ThrowFailed(Addon* addon, const WriteTransaction& transaction, const Status& status,
                        const std::string& tried);
// Makes a lease for a JavaScript object, to which it refers weakly, and puts it on the list of the transaction's
// source.
Lease* Lend(Addon* addon, ReadTransaction* transaction, napi_value object);
// ERR_LEASE_BUDGET if live leases and `more` bytes would be more than maxHeldBytes. Before that, drops leases that are
// not reachable, and makes V8 collect garbage.
Status CheckBudget(Addon* addon, ReadTransaction* transaction, size_t more);
// Whether the system would allocate this much memory at this moment. If it would not, do not ask V8: before V8 throws,
// it collects all garbage, which can itself need memory, and end the process.
bool CanAllocate(size_t size);

// An opaque object by which another addon finds bytes and the source that lends them. If no source lends them, `source`
// is null, and the JavaScript object `held` keeps the bytes alive.
Napi::Value Resolve(Addon* addon, const void* data, size_t size, leasehold_source* source, napi_value held);

// The callback of Node-API for a native function. Functions that a program calls for each read or change are raw
// Node-API callbacks themselves. There, a CallbackInfo would cost 3 to 6 ns a call, which is 9% of beginning and ending
// a read. With more than six arguments it allocates: that would cost 57 ns, a quarter of a put.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
napi_value Callback(napi_env env, napi_callback_info info) {
  return function(Napi::CallbackInfo(env, info));
}

// The functions of one file each. They are registered by name on the module's exports.
struct Function {
  const char* name;
  napi_callback callback;
};
using Functions = std::vector<Function>;
Functions AnswerFunctions();
Functions BatchFunctions();
Functions CollectorFunctions();
Functions CopyFunctions();
Functions EnvironmentFunctions();
Functions WindowFunctions();
Functions ReaderFunctions();
Functions CollectionFunctions();
Functions ReadTransactionFunctions();
Functions LookupFunctions();
Functions LeaseFunctions();
Functions LockFunctions();
Functions BufferFunctions();
Functions RangeFunctions();
Functions SyncFunctions();
Functions TransactFunctions();
Functions JoinFunctions();
Functions WriteTransactionFunctions();
Functions ChangeFunctions();
Functions FeedFunctions();
Functions BufferSourceFunctions();
Functions ResolveFunctions();
Functions KeyMapFunctions();
Functions VersionFunctions();
Functions StateFunctions();
Functions ExpiryFunctions();
Functions MarkingFunctions();

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_ADDON_H_
