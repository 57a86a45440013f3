// Which program has which lock and waits for which, as named.lock tells all of them.
#ifndef LEASEHOLD_CORE_LOCK_TABLE_H_
#define LEASEHOLD_CORE_LOCK_TABLE_H_

#include <stddef.h>
#include <stdint.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/files/descriptor.h"
#include "core/locks/file_lock.h"
#include "core/status.h"
#include "core/sync/shared_signal.h"

namespace leasehold {

// What the table says of one request.
struct LockRow {
  std::u16string name;
  bool shared;
  bool held;
  uint32_t process;
  uint32_t thread;
  uint64_t ticket;
};

// The table decides nothing. Locks of bytes decide who has a lock (NamedLocks), and the kernel frees these when a
// program dies. The table says whom to wake next, whose lock is to be stolen, and what query() shows. If it is wrong or
// gone, a lock changes hands later than it could, and never has two holders.
//
// Each process has a client: a slot, which is its own as long as it has the lock of the slot's byte. A row belongs to a
// client, and only its owner writes it, but for two numbers by which others call it. So rows need no lock, and those of
// a dead process are known by its byte. docs/format.md draws the file.
//
// Members are not safe to call from several threads at once, unless a comment says otherwise.
class LockTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  // The longest name, in UTF-16 code units.
  static constexpr size_t kMostName = 4096;

  LockTable() = default;
  ~LockTable() { Close(); }
  LockTable(const LockTable&) = delete;
  LockTable& operator=(const LockTable&) = delete;

  // Opens named.lock in a directory, and makes it if it is absent, with the permissions of `like`. Does nothing if it
  // is open.
  Status Open(const std::string& directory, int like);
  // Gives the client back. Safe to repeat.
  void Close();
  bool is_open() const { return header_ != nullptr; }

  // What wakes this process. Safe to call from any thread while the table is open.
  SharedSignal& signal() { return signal_; }

  // The next place in the queue of all programs.
  uint64_t NextTicket();
  // Adds a row of this process. ENOSPC, and kBusy if there are too many.
  Status Add(std::u16string_view name, uint64_t number, bool shared, bool held, uint64_t ticket, uint32_t thread,
             uint32_t* row);
  void Remove(uint32_t row);
  // Turns the row of a waiting request into that of a lock that is held.
  void SetHeld(uint32_t row);

  // The row of the request that waits longest for this number, of any program that is alive; kNone if there is none.
  uint32_t FirstWaiting(uint64_t number);
  bool IsOwn(uint32_t row) const;
  bool IsShared(uint32_t row) const;
  // Wakes the program of a waiting request, which then looks whether its turn has come.
  void Call(uint32_t row);
  // Whether a row of this process was called since the last time.
  bool TakeCalled(uint32_t row);

  // Asks all other programs that hold a lock of this number to give it up.
  void Steal(uint64_t number);
  // Whether another program has asked this one since the last time.
  bool TakeRobbed();
  // Whether that lock is asked for.
  bool IsStolen(uint32_t row) const;

  // All requests of programs that are alive.
  std::vector<LockRow> Rows();

 private:
  struct Header;
  struct Client;
  struct Row;

  Client* ClientAt(uint32_t client) const;
  Row* RowAt(uint32_t row) const;
  // How many rows may be in use; they are all in the file.
  uint32_t rows_used() const;
  bool IsInFile(uint32_t row) const;
  // Opens the file, and gives it its first size. The caller holds the lock of the byte for changing the file.
  Status Prepare();
  Status Extend(size_t size);
  Status Map();
  // Takes a slot that no living process has.
  Status TakeClient();
  bool IsAlive(uint32_t client) const;
  // Forgets a client that has died, if nobody else does so at this moment.
  void Clean(uint32_t client);
  void FreeRowsOf(uint32_t client);
  // A free row for this process.
  Status Claim(uint32_t* row);
  // Whether another client may wait for this number.
  bool OthersWait(uint64_t number) const;
  void CountWaiting(uint64_t number, int change);
  // The name that begins in a row; false if the row changes meanwhile.
  bool ReadName(const Row& row, std::u16string* name) const;

  Descriptor file_;
  mutable size_t size_ = 0;  // of the file, as far as this process knows; it never shrinks
  Header* header_ = nullptr;
  uint32_t client_ = kNone;
  SharedSignal signal_;
  std::vector<uint32_t> spare_;  // rows of this process that are not used
  uint32_t next_claim_ = 0;      // rows before this one were not free
  // How many requests of this process wait, by the bit of Client::waits.
  uint32_t waiting_[64] = {};
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LOCK_TABLE_H_
