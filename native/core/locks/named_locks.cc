#include "core/locks/named_locks.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>

#include "core/database/database.h"
#include "core/lmdb/lmdb_files.h"
#include "core/locks/lock_number.h"

namespace leasehold {
namespace {

// Bytes of lock.mdb from this one on stand for locks. Those before it are LMDB's and DatabaseFiles'.
constexpr off_t kFirstLockByte = off_t{1} << 62;

// A process whose turn it is, but which others have found not to take the lock so many times in a row, is passed by.
constexpr int kMostIdleLooks = 10;

// Ids are unique in the process, since a thread can have several databases open.
std::atomic<uint64_t> last_request_id{0};

bool IsTaken(int rc) { return rc == EAGAIN || rc == EACCES; }

template <class Values, class Value>
bool EraseFrom(Values* values, const Value& value) {
  const auto found = std::find(values->begin(), values->end(), value);
  if (found == values->end()) return false;
  values->erase(found);
  return true;
}

}  // namespace

Status NamedLocks::Start() {
  if (started_) return Status();
  const int file = leasehold_lock_file(database_->env());
  if (file < 0) {
    return Status(kInvalidArgument, "the database is open with lock: false, and lock.mdb is where locks by name are");
  }
  Status status = table_.Open(database_->path(), file);
  if (status.ok()) status = thread_.Start([this] { Run(); });
  started_ = status.ok();
  return status;
}

Status NamedLocks::Request(LockListener* listener, const LockRequest& wanted, uint64_t* id, LockAnswer* answer) {
  const uint64_t number = LockNumber(wanted.name);
  const std::lock_guard guard(mutex_);
  *id = 0;
  *answer = LockAnswer::kUnavailable;
  Status status = Start();
  if (!status.ok()) return status;
  Lock* lock = &locks_.try_emplace(number, Lock{number, FileLock::kNone, {}, {}}).first->second;
  if (wanted.steal) StealHere(lock);
  const bool is_next = wanted.steal || (lock->waiting.empty() && table_.FirstWaiting(number) == LockTable::kNone);
  const int rc = is_next && lock->Allows(wanted.shared) ? TakeByte(lock, wanted.shared) : EAGAIN;
  if (rc != 0 && !IsTaken(rc)) status = Status(rc, "the file system of lock.mdb has no locks of bytes");
  if (status.ok() && (rc == 0 || !wanted.if_available)) {
    auto request =
        std::make_unique<Held>(Held{++last_request_id, listener, lock, wanted.shared, wanted.steal, rc == 0});
    status = Add(request.get(), wanted);
    if (status.ok()) {
      Held* added = request.get();
      requests_.emplace(added->id, std::move(request));
      if (!added->held) {
        if (wanted.steal) table_.Steal(number);
        // Whoever released the byte before the row was there has not seen the row.
        const uint32_t first = table_.FirstWaiting(number);
        if (first == LockTable::kNone || table_.IsOwn(first)) Advance(lock, wanted.steal);
      }
      added->tells = true;
      *id = added->id;
      *answer = added->held ? LockAnswer::kGranted : LockAnswer::kWaits;
      return status;
    }
  }
  Advance(lock, false);
  return status;
}

Status NamedLocks::Add(Held* request, const LockRequest& wanted) {
  Lock* lock = request->lock;
  // Who steals comes before all that wait.
  const uint64_t ticket = request->steals && !request->held ? 0 : table_.NextTicket();
  Status status =
      table_.Add(wanted.name, lock->number, request->shared, request->held, ticket, wanted.thread, &request->row);
  if (!status.ok()) return status;
  if (request->held) {
    lock->holders.push_back(request);
    return status;
  }
  if (lock->waiting.empty()) contended_.push_back(lock);
  request->place = lock->waiting.insert(request->steals ? lock->waiting.begin() : lock->waiting.end(), request);
  // The thread may sleep for long. It shall look now and then.
  if (contended_.size() == 1 && lock->waiting.size() == 1) table_.signal().Raise();
  return status;
}

bool NamedLocks::Release(const LockListener* listener, uint64_t id) {
  const std::lock_guard guard(mutex_);
  const auto found = requests_.find(id);
  if (found == requests_.end() || found->second->listener != listener) return false;
  Lock* lock = found->second->lock;
  const bool waited = Remove(found->second.get());
  Advance(lock, false);
  return waited;
}

void NamedLocks::Close(LockListener* listener) {
  const std::lock_guard guard(mutex_);
  std::vector<Held*> closed;
  for (const auto& [id, request] : requests_) {
    if (request->listener == listener) closed.push_back(request.get());
  }
  std::vector<uint64_t> numbers;
  for (Held* request : closed) {
    const uint64_t id = request->id;
    numbers.push_back(request->lock->number);
    const bool waited = Remove(request);
    listener->Tell(id, waited ? LockEvent::kCancelled : LockEvent::kClosed);
  }
  for (const uint64_t number : numbers) {
    const auto found = locks_.find(number);
    if (found != locks_.end()) Advance(&found->second, false);
  }
}

Status NamedLocks::Query(std::vector<LockRow>* rows) {
  const std::lock_guard guard(mutex_);
  Status status = Start();
  if (status.ok()) *rows = table_.Rows();
  return status;
}

void NamedLocks::Stop() {
  {
    const std::lock_guard guard(mutex_);
    if (!started_) return;
    started_ = false;
    stopping_ = true;
    table_.signal().Raise();
  }
  thread_.Join();
  table_.Close();
}

int NamedLocks::TakeByte(Lock* lock, bool shared) {
  const FileLock wanted = shared ? FileLock::kShared : FileLock::kExclusive;
  if (lock->byte == wanted) return 0;
  const int file = leasehold_lock_file(database_->env());
  const int rc = LockByte(file, kFirstLockByte + static_cast<off_t>(lock->number), wanted, false);
  if (rc == 0) lock->byte = wanted;
  return rc;
}

void NamedLocks::FreeByte(Lock* lock) {
  const int file = leasehold_lock_file(database_->env());
  (void)LockByte(file, kFirstLockByte + static_cast<off_t>(lock->number), FileLock::kNone, false);
  lock->byte = FileLock::kNone;
}

void NamedLocks::Advance(Lock* lock, bool overdue) {
  for (;;) {
    const uint32_t first = table_.FirstWaiting(lock->number);
    const bool is_here = overdue || first == LockTable::kNone || table_.IsOwn(first);
    if (!lock->waiting.empty() && is_here) {
      Held* front = lock->waiting.front();
      overdue = false;
      if (lock->Allows(front->shared) && TakeByte(lock, front->shared) == 0) {
        Grant(lock, front);
        continue;
      }
      if (lock->holders.empty() && lock->byte != FileLock::kNone) FreeByte(lock);
      return;
    }
    // Then looks again: who has failed to get the byte until now has a row already.
    if (lock->holders.empty() && lock->byte != FileLock::kNone) {
      FreeByte(lock);
      continue;
    }
    if (first != LockTable::kNone && !table_.IsOwn(first) && lock->Allows(table_.IsShared(first))) table_.Call(first);
    if (lock->holders.empty() && lock->waiting.empty()) locks_.erase(lock->number);
    return;
  }
}

void NamedLocks::Grant(Lock* lock, Held* request) {
  lock->waiting.pop_front();
  if (lock->waiting.empty()) EraseFrom(&contended_, lock);
  lock->holders.push_back(request);
  request->held = true;
  table_.SetHeld(request->row);
  if (request->tells) request->listener->Tell(request->id, LockEvent::kGranted);
}

bool NamedLocks::Remove(Held* request) {
  Lock* lock = request->lock;
  const bool waited = !request->held;
  if (waited) {
    lock->waiting.erase(request->place);
    if (lock->waiting.empty()) EraseFrom(&contended_, lock);
  } else {
    EraseFrom(&lock->holders, request);
  }
  table_.Remove(request->row);
  requests_.erase(request->id);
  return waited;
}

void NamedLocks::StealHere(Lock* lock) {
  while (!lock->holders.empty()) {
    Held* robbed = lock->holders.back();
    robbed->listener->Tell(robbed->id, LockEvent::kStolen);
    Remove(robbed);
  }
}

void NamedLocks::LoseStolen() {
  if (!table_.TakeRobbed()) return;
  std::vector<Held*> stolen;
  for (const auto& [id, request] : requests_) {
    if (request->held && table_.IsStolen(request->row)) stolen.push_back(request.get());
  }
  for (Held* request : stolen) {
    Lock* lock = request->lock;
    request->listener->Tell(request->id, LockEvent::kStolen);
    Remove(request);
    Advance(lock, false);
  }
}

void NamedLocks::Look(Lock* lock) {
  const uint32_t first = table_.FirstWaiting(lock->number);
  if (first == LockTable::kNone || table_.IsOwn(first)) {
    lock->idle_looks = 0;
    Advance(lock, false);
    return;
  }
  const int file = leasehold_lock_file(database_->env());
  const bool is_free = lock->holders.empty() && !IsByteLocked(file, kFirstLockByte + static_cast<off_t>(lock->number));
  lock->idle_looks = is_free ? lock->idle_looks + 1 : 0;
  if (lock->idle_looks < kMostIdleLooks) return;
  lock->idle_looks = 0;
  Advance(lock, true);
}

void NamedLocks::Run() {
  using Clock = std::chrono::steady_clock;
  SharedSignal& signal = table_.signal();
  Clock::time_point looked;
  bool waited = false;
  std::unique_lock guard(mutex_);
  while (!stopping_) {
    const uint32_t count = signal.count();
    LoseStolen();
    const Clock::time_point now = Clock::now();
    if (!waited) looked = now;
    const bool overdue = now - looked >= signal.limit();
    if (overdue) looked = now;
    for (Lock* lock : std::vector<Lock*>(contended_)) {
      const Held* front = lock->waiting.front();
      const bool called = table_.TakeCalled(front->row);
      if (overdue && front->steals) table_.Steal(lock->number);
      if (called) {
        Advance(lock, false);
      } else if (overdue) {
        Look(lock);
      }
    }
    waited = !contended_.empty();
    guard.unlock();
    if (waited) {
      signal.Await(count);
    } else {
      signal.AwaitLong(count);
    }
    guard.lock();
  }
}

}  // namespace leasehold
