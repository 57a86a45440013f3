// The bytes of named.lock: see docs/format.md.
#ifndef LEASEHOLD_CORE_LOCK_TABLE_LAYOUT_H_
#define LEASEHOLD_CORE_LOCK_TABLE_LAYOUT_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/locks/lock_table.h"

namespace leasehold {

// Members that several processes use are read and written by the functions below.
struct LockTable::Header {
  uint64_t magic;
  uint64_t ticket;        // the last that was given
  uint32_t clients_used;  // clients from this one on were never taken
  uint32_t rows_used;     // rows from this one on were never taken
  uint8_t unused[40];
};

struct LockTable::Client {
  uint32_t signal;  // SharedSignal
  uint32_t process;
  uint64_t waits;   // a bit for each number modulo 64 for which the client waits
  uint32_t robbed;  // 1: a row of the client was stolen
  uint8_t unused[44];
};

struct LockTable::Row {
  static constexpr size_t kUnits = 40;

  uint32_t client;  // 1 more than the number of the client, 0 if the row is free
  uint32_t state;   // kWaiting and so on
  uint32_t called;  // 1: another client says that its turn may have come
  uint32_t more;    // 1 more than the row that has the rest of the name, 0 if none does
  uint64_t number;
  uint64_t ticket;
  uint64_t stolen;  // another client sets it to the number of the lock that it takes away, plus 1
  uint32_t thread;
  uint32_t length;  // of the whole name, in UTF-16 code units
  char16_t name[kUnits];
};

// States of a row.
constexpr uint32_t kRowSpare = 0;
constexpr uint32_t kRowMore = 1;  // has a part of the name of another row
constexpr uint32_t kRowWaiting = 2;
constexpr uint32_t kRowHeld = 3;
// Added to the two states above if the request is shared.
constexpr uint32_t kRowShared = 4;

constexpr uint64_t kLockTableMagic = 0x31304b434f4c484c;  // "LHLOCK01"
constexpr uint32_t kMostLockClients = 1023;
constexpr size_t kLockRowsAt = 64 * 1024;
constexpr uint32_t kMostLockRows = 1u << 20;

// Bytes of the file that are locked: by whoever changes its size, and by each client as long as it lives.
constexpr off_t kLockTableByte = off_t{1} << 62;
constexpr off_t kFirstClientByte = kLockTableByte + 1;

template <class T>
T LoadShared(const T& value) {
  return __atomic_load_n(&value, __ATOMIC_SEQ_CST);
}

template <class T>
void StoreShared(T* value, T stored) {
  __atomic_store_n(value, stored, __ATOMIC_SEQ_CST);
}

// Makes a number at least so large.
inline void RaiseShared(uint32_t* value, uint32_t least) {
  uint32_t now = LoadShared(*value);
  while (now < least && !__atomic_compare_exchange_n(value, &now, least, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
}

inline LockTable::Client* LockTable::ClientAt(uint32_t client) const {
  return reinterpret_cast<Client*>(header_ + 1) + client;
}

inline LockTable::Row* LockTable::RowAt(uint32_t row) const {
  return reinterpret_cast<Row*>(reinterpret_cast<char*>(header_) + kLockRowsAt) + row;
}

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_LOCK_TABLE_LAYOUT_H_
