// What the addon keeps for each JavaScript thread, and what all its functions share.
//
// Lifetimes. An OpenEnvironment belongs to a JavaScript object and is closed by close(), by that object's finalizer, or
// by the thread's cleanup hook, whichever comes first; the hook runs before finalizers. Transactions and cursors belong
// to the handle tables. A transaction that has ended stays until nothing reads its memory (`drained`), a cursor ends
// with its transaction. Lease nodes belong to their transaction's list, and refer to their JavaScript objects weakly.
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
#include "core/rows/given_rows.h"
#include "core/store/copy.h"
#include "core/store/read_transaction.h"
#include "core/store/write_transaction.h"

namespace leasehold {

struct OpenEnvironment {
  std::unique_ptr<Environment> core;  // null once closed
  // Its JavaScript object: weak but while it is held.
  Napi::ObjectReference object;
  // The ArrayBuffers over the map that JavaScript has.
  std::vector<Napi::Reference<Napi::ArrayBuffer>> windows;
  int32_t handle = -1;
  size_t window_bytes = 0;  // and how much V8 counts for them
  unsigned windows_generation = 0;
  std::vector<std::unique_ptr<Copy>> copies;  // those under way
};

// The rows of a range, and the lease that is re-aimed if they are a scan's. A scan's stays until the scan closes it,
// though its transaction may have ended, since what its function reads meanwhile has to be moved like any other lease.
struct OpenCursor {
  ~OpenCursor() { delete lease; }

  Transaction* transaction = nullptr;
  Collection* collection = nullptr;
  std::unique_ptr<Rows> core;  // null once its transaction has ended
  int32_t handle = -1;
  bool reaimed = false;
  Lease* lease = nullptr;
  leasehold_row* rows = nullptr;  // the rows that it fills again and again
  uint32_t row_capacity = 0;
  // The batch that was found last, if it exceeded maxHeldBytes: it is tried again.
  Batch refused;
  std::vector<leasehold_row> refused_rows;
};

struct OpenJoin {
  std::unique_ptr<Join> core;
  // The sides that JavaScript gives, null for others. The join owns them.
  GivenRows* build_given = nullptr;
  GivenRows* probe_given = nullptr;
  ReadTransaction* transaction;
  bool begun = false;  // nothing can be given any more
  bool built = false;
};

// Memory of a JavaScript typed array that native code writes to.
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
  Napi::FunctionReference take_back;  // has a relay take back what it lent

  HandleTable<Transaction> transactions;
  HandleTable<OpenCursor> cursors;
  HandleTable<OpenJoin> joins;
  std::vector<OpenEnvironment*> environments;
  // Those that are open, as hot calls name them.
  HandleTable<OpenEnvironment*> environment_handles;
  // Ends with the thread: who must do something before any finalizer runs listens to it.
  leasehold_source exit;

  std::shared_ptr<Mailbox> mailbox;  // null until it is first needed
  // Null if there is no memory for it. Making it calls hooks of node:async_hooks: to be asked for first.
  const std::shared_ptr<Mailbox>& TheMailbox();

  // Between these the collector leaves an environment alone, though nobody in JavaScript may refer to it. They nest.
  void Hold(OpenEnvironment* environment) noexcept;
  void Unhold(OpenEnvironment* environment) noexcept;

  // The errors of the writes that doomed transactions, which their commits are to throw again.
  std::unordered_map<const Transaction*, Napi::Error> failures;

  Napi::ObjectReference sentinel;  // weak, to an object that the next collection takes
  uint64_t collections = 0;
  int64_t hidden = 0;  // bytes outside of V8's heap that it does not count
  BufferMemory buffer_memory;
  HiddenBuffers hidden_buffers;

  void Hide(int64_t change) noexcept;
  size_t WindowBytes() const;

  // What the call just before found, for the one that fetches it.
  Slice found_key;
  Slice found_value;
  void ForgetFound() {
    // Not in one assignment: that reads back what it has just written, and waits for it (4 ns).
    found_key = Slice();
    found_value = Slice();
  }

  // To be called before anything that may change what a write transaction sees.
  void BeginChange() {
    ForgetFound();
    if (control.data != nullptr) control.data[kControlChanges]++;
  }

  // Ends whatever this handle has open, commits this thread's batches, and closes it. `detach`: takes the windows from
  // JavaScript, which must be able to run. Idempotent. It is closed whatever is told of the last sync.
  Status Close(OpenEnvironment* environment, bool detach) noexcept;
  // Takes the windows of an environment from JavaScript.
  void DropWindows(OpenEnvironment* environment, bool detach) noexcept;
  // Ends the cursors and joins of a transaction.
  void CloseCursors(Transaction* transaction) noexcept;

  // The JavaScript error of a status. `tried` says what was tried, on what. Like all that makes or throws a JavaScript
  // value, it may run user code, which ends anything: whoever goes on looks everything up anew. Empty if Node-API
  // refuses it.
  Napi::Value Error(const Status& status, const std::string& tried, const char* path = nullptr);
  // Throws an error, unless an exception is pending already. These return what a function returns that failed.
  Napi::Value Throw(Napi::Value error);
  Napi::Value Throw(const Status& status, const std::string& tried, const char* path = nullptr);
  Napi::Value ThrowType(const std::string& message);
};

// Throws what a write ran into. What doomed its transaction is kept: the commit throws it again.
Napi::Value ThrowFailed(Addon* addon, const WriteTransaction& transaction, const Status& status,
                        const std::string& tried);
// Puts a lease on its transaction's list, with a weak reference to its JavaScript object; sweeps the list as it grows.
Lease* Lend(Addon* addon, ReadTransaction* transaction, napi_value object);
// ERR_LEASE_BUDGET if live leases would cover more than maxHeldBytes with so many bytes more. First makes sure that
// they are live.
Status CheckBudget(Addon* addon, ReadTransaction* transaction, size_t more);
// Whether the system would give so much memory at this moment. Where it would not, V8 collects everything before it
// throws, which can take memory itself, and end the process.
bool CanAllocate(size_t size);

// An object that tells another addon of bytes, and of who lends them: null if nobody does, and `held` keeps them alive.
Napi::Value Resolve(Addon* addon, const void* data, size_t size, leasehold_source* source, napi_value held);

// What Node-API calls for a native function. A few are callbacks of raw Node-API instead, those that a program calls
// for each read or change: a CallbackInfo costs 3 to 6 ns a call, which is 9% of beginning and ending a read, and with
// more than six arguments it allocates: 57 ns, a quarter of a put.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
napi_value Callback(napi_env env, napi_callback_info info) {
  return function(Napi::CallbackInfo(env, info));
}

// The functions of one file each, registered by name on the module's exports.
struct Function {
  const char* name;
  napi_callback callback;
};
using Functions = std::vector<Function>;
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
Functions BufferFunctions();
Functions RangeFunctions();
Functions SyncFunctions();
Functions JoinFunctions();
Functions WriteTransactionFunctions();
Functions ChangeFunctions();
Functions BufferSourceFunctions();
Functions ResolveFunctions();
Functions KeyMapFunctions();

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_ADDON_H_
