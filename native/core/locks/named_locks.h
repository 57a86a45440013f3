// Locks by name, which threads of this process, other processes and unrelated programs share.
#ifndef LEASEHOLD_CORE_NAMED_LOCKS_H_
#define LEASEHOLD_CORE_NAMED_LOCKS_H_

#include <stdint.h>

#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/locks/file_lock.h"
#include "core/locks/lock_table.h"
#include "core/status.h"
#include "core/thread.h"

namespace leasehold {

class Database;

enum class LockEvent {
  kGranted,    // a request that waited has its lock
  kCancelled,  // its listener was closed while the request waited
  kStolen,     // a lock that was held has been stolen
  kClosed,     // its listener was closed while it had the lock
};

// Who requests locks: one handle on the environment in one thread.
class LockListener {
 public:
  virtual ~LockListener() = default;
  // Called by any thread. It must not call the NamedLocks.
  virtual void Tell(uint64_t id, LockEvent event) = 0;
};

struct LockRequest {
  std::u16string_view name;
  bool shared;
  bool if_available;  // does not wait
  bool steal;         // takes the lock from all who have it; not with `shared`
  uint32_t thread;    // what others are shown
};

enum class LockAnswer { kGranted, kWaits, kUnavailable };

// One for each Database. A lock is that of a byte of lock.mdb: byte 2^62 plus the LockNumber of its name. The byte is
// locked for the process as a whole. Within the process this class shares it out, in the order of requests. Between
// processes the table says whose turn it is (LockTable).
//
// Who wants a lock that another process has writes that into the table first, and then tries the byte. Who releases the
// byte does so first, and then looks into the table. So one of the two sees the other. If a process dies in between,
// the one whose turn it is still tries the byte every SharedSignal::limit(). If it was stopped, the others pass it by.
//
// A thread starts with the first request, and ends with Stop. It sleeps until another process calls this one, for as
// long as it takes if nothing waits. Members are safe to call from any thread.
class NamedLocks {
 public:
  explicit NamedLocks(Database* database) : database_(database) {}
  ~NamedLocks() { Stop(); }
  NamedLocks(const NamedLocks&) = delete;
  NamedLocks& operator=(const NamedLocks&) = delete;

  // Requests a lock. `id` names the request until it is released, or until its listener is told of its end; 0 if it is
  // unavailable. If it waits, the listener is told of its grant later. Fails if there is no lock file, or with what
  // LockTable::Open and Add say.
  Status Request(LockListener* listener, const LockRequest& wanted, uint64_t* id, LockAnswer* answer);
  // Releases a lock, or ends a request that waits. Gives whether it waited: then its listener was not told of it, and
  // never is. Does nothing if the id names no request of this listener.
  bool Release(const LockListener* listener, uint64_t id);
  // Ends all requests of a listener, which is told of each, and of nothing afterwards.
  void Close(LockListener* listener);
  // All requests of all programs, in their order.
  Status Query(std::vector<LockRow>* rows);
  // Ends the thread, and frees everything. Nothing may be requested afterwards.
  void Stop();

 private:
  struct Lock;
  // A request that has its lock or waits for it.
  struct Held {
    const uint64_t id;
    LockListener* const listener;
    Lock* const lock;
    const bool shared;
    const bool steals;
    bool held;
    bool tells = false;  // whether the listener is told of the grant
    uint32_t row = LockTable::kNone;
    std::list<Held*>::iterator place{};  // in Lock::waiting, while it waits
  };
  struct Lock {
    const uint64_t number;
    FileLock byte = FileLock::kNone;  // what this process has of it
    std::vector<Held*> holders;       // in this process
    std::list<Held*> waiting;
    int idle_looks = 0;  // how many times in a row Look has found it free, and another process to have its turn

    // Whether the holders in this process leave it to another request.
    bool Allows(bool for_shared) const { return holders.empty() || (for_shared && holders.front()->shared); }
  };

  // The caller of these holds mutex_.
  Status Start();
  Status Add(Held* request, const LockRequest& wanted);
  // Takes a lock that this process may have, if no other process has it. 0 or an errno.
  int TakeByte(Lock* lock, bool shared);
  void FreeByte(Lock* lock);
  // Grants what can be granted now, and calls the process whose turn it is. `overdue`: does not wait for the turn of
  // another process. Forgets a lock that nobody here has or wants.
  void Advance(Lock* lock, bool overdue);
  void Grant(Lock* lock, Held* request);
  // Forgets a request, and says whether it waited.
  bool Remove(Held* request);
  // Takes the lock from all who have it in this process.
  void StealHere(Lock* lock);
  // Gives up what other processes steal.
  void LoseStolen();
  // Looks after a lock for which somebody here waits, in case that nobody calls.
  void Look(Lock* lock);
  void Run();

  Database* const database_;
  LockTable table_;  // guarded by mutex_, but for its signal

  std::mutex mutex_;                                              // guards what follows
  std::unordered_map<uint64_t, Lock> locks_;                      // those that somebody here has or wants, by number
  std::unordered_map<uint64_t, std::unique_ptr<Held>> requests_;  // by id
  std::vector<Lock*> contended_;                                  // those for which somebody here waits
  bool started_ = false;
  bool stopping_ = false;
  Thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_NAMED_LOCKS_H_
