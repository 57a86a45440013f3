// Threads that use the memory map while its size changes. Several begin and end snapshots, alone and nested, read
// through them, and open and close the database. One writes, and one moves the map whenever no snapshot holds it. Run
// under the sanitizers. Arguments: a directory, and the number of rounds of each thread.
#include <stdlib.h>
#include <string.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/store/environment.h"
#include "core/store/read_transaction.h"
#include "core/store/write_transaction.h"
#include "support.h"

namespace leasehold {
namespace {

constexpr uint32_t kKeys = 50;
constexpr size_t kSmallest = size_t{1} << 26;

struct Handle {
  explicit Handle(const std::string& path) {
    OpenOptions options;
    options.durability = Durability::kNoSync;
    Check(Environment::Open(path, options, &environment), "open");
    collection = MakeCollection(environment.get(), "numbers");
  }
  std::unique_ptr<Environment> environment;
  Collection* collection;
};

Slice KeyOf(const uint32_t& number) { return Slice{reinterpret_cast<const uint8_t*>(&number), sizeof(number)}; }

// In each version all keys have the same number. A read of an unmapped map or of another version finds another number.
void CheckNumbers(ReadTransaction* transaction, Collection* collection) {
  uint32_t expected = 0;
  for (uint32_t key = 0; key < kKeys; key++) {
    MDB_val value{};
    Check(transaction->Get(collection, KeyOf(key), &value), "get");
    uint32_t number;
    memcpy(&number, value.mv_data, sizeof(number));
    if (key > 0 && number != expected) Fail("two versions in one snapshot");
    expected = number;
    if (!transaction->Contains(value.mv_data, value.mv_size)) Fail("a value outside of the map that was there at the beginning");
  }
}

void Write(const Handle& handle, uint32_t number) {
  std::unique_ptr<WriteTransaction> transaction;
  Check(WriteTransaction::Begin(handle.environment.get(), Deadline(), &transaction), "begin");
  for (uint32_t key = 0; key < kKeys; key++) {
    uint64_t answer;
    Check(transaction->Apply({ChangeKind::kPut, handle.collection, KeyOf(key), KeyOf(number)}, &answer), "put");
  }
  Check(transaction->Commit(), "commit");
}

void Read(const std::string& path, int rounds, unsigned seed) {
  std::mt19937 random(seed);
  for (int round = 0; round < rounds; round++) {
    const Handle handle(path);
    std::vector<std::unique_ptr<ReadTransaction>> open;
    for (unsigned step = 0; step < 300; step++) {
      if (open.size() < 3 && random() % 2 == 0) {
        std::unique_ptr<ReadTransaction> transaction;
        Check(ReadTransaction::Begin(handle.environment.get(), false, &transaction), "read");
        open.push_back(std::move(transaction));
      } else if (!open.empty()) {
        const size_t which = random() % open.size();
        CheckNumbers(open[which].get(), handle.collection);
        open.erase(open.begin() + static_cast<ptrdiff_t>(which));
      } else {
        handle.environment->database()->used_bytes();
        std::this_thread::yield();
      }
    }
  }
}

int Main(const std::string& path, int rounds) {
  // Stays open, so that all threads share one database.
  const Handle handle(path);
  Write(handle, 0);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    const Handle own(path);
    for (uint32_t number = 1; !done; number++) Write(own, number);
  });
  unsigned moved = 0;
  std::thread mover([&] {
    const Handle own(path);
    for (unsigned i = 0; !done; i++) {
      const Status status = own.environment->database()->Resize(kSmallest << (i % 3), Deadline());
      if (status.ok()) {
        moved++;
      } else if (status.code() != kBusy) {
        Fail("resize: " + status.Message());
      }
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> readers;
  for (unsigned seed = 0; seed < 3; seed++) readers.emplace_back(Read, path, rounds, seed);
  for (std::thread& reader : readers) reader.join();
  done = true;
  writer.join();
  mover.join();
  if (moved == 0) Fail("the map never moved");
  return 0;
}

}  // namespace
}  // namespace leasehold

int main(int argc, char** argv) { return argc == 3 ? leasehold::Main(argv[1], atoi(argv[2])) : 2; }
