// Threads that use the queue of batches at the same time. Some add batches, wait for them or abandon them, write
// without the queue, and open and close the database. Others copy the database. Run under the sanitizers.
// Arguments: a directory, and the number of rounds of each thread.
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/store/copy.h"
#include "core/store/environment.h"
#include "core/store/read_transaction.h"
#include "core/store/write_transaction.h"
#include "support.h"

namespace leasehold {
namespace {

constexpr uint32_t kPairs = 100;

struct Handle {
  explicit Handle(const std::string& path) {
    OpenOptions options;
    options.durability = Durability::kPeriodic;
    options.sync_interval = 1;
    options.map_size = size_t{1} << 28;
    Check(Environment::Open(path, options, &environment), "open");
    collection = MakeCollection(environment.get(), "pairs");
  }
  std::unique_ptr<Environment> environment;
  Collection* collection;
};

// Puts one number under two keys; every tenth fails at its second operation.
std::shared_ptr<WriteBatch> MakeBatch(const Handle& handle, uint32_t pair, uint32_t number) {
  auto batch = std::make_shared<WriteBatch>();
  batch->size = 3 * sizeof(uint32_t);
  batch->bytes.reset(new uint8_t[batch->size]);
  const uint32_t words[] = {pair, pair + kPairs, number};
  memcpy(batch->bytes.get(), words, sizeof(words));
  const Slice value{batch->bytes.get() + 8, number % 10 == 0 ? 0u : 4u};
  if (!batch->Allocate(2)) Fail("no memory");
  batch->operations[0] = {ChangeKind::kPut, handle.collection, Slice{batch->bytes.get(), 4}, value};
  batch->operations[1] = {ChangeKind::kPut, handle.collection, Slice{batch->bytes.get() + 4, value.size}, value};
  batch->caller = std::this_thread::get_id();
  return batch;
}

// Whether both keys of each pair have the same number.
void CheckPairs(WriteTransaction* transaction, Collection* collection) {
  for (uint32_t pair = 0; pair < kPairs; pair++) {
    const uint32_t other = pair + kPairs;
    MDB_val first{};
    MDB_val second{};
    const Status a = transaction->Get(collection, Slice{reinterpret_cast<const uint8_t*>(&pair), 4}, &first);
    const Status b = transaction->Get(collection, Slice{reinterpret_cast<const uint8_t*>(&other), 4}, &second);
    if (a.code() != b.code()) Fail("half of a batch");
    if (a.ok() && memcmp(first.mv_data, second.mv_data, 4) != 0) Fail("halves of two batches");
  }
}

void Work(const std::string& path, int rounds, unsigned seed) {
  std::mt19937 random(seed);
  for (int round = 0; round < rounds; round++) {
    const Handle handle(path);
    Database* database = handle.environment->database();
    // Posted by the queue's thread, as an addon's mailbox is.
    auto settled = std::make_shared<std::atomic<uint32_t>>(0);
    uint32_t added = 0;
    bool abandoned = false;
    for (unsigned step = 0; step < 50; step++) {
      const uint32_t number = random();
      switch (random() % 8) {
        case 0: {
          std::unique_ptr<WriteTransaction> transaction;
          Check(WriteTransaction::Begin(handle.environment.get(), Deadline(), &transaction), "begin");
          if (!abandoned && *settled != added) Fail("a write transaction began before the thread's batches");
          CheckPairs(transaction.get(), handle.collection);
          if (random() % 2 == 0) Check(transaction->Commit(), "commit");
          break;
        }
        case 1:
          if (random() % 10 == 0) {
            database->batches().Abandon();
            abandoned = true;
          }
          break;
        default: {
          auto batch = MakeBatch(handle, number % kPairs, number);
          const auto done = [settled, number](const std::shared_ptr<WriteBatch>& each, bool) {
            if (each->status.ok() != (number % 10 != 0)) Fail("a batch ended as it should not: " + each->status.Message());
            if (!each->status.ok() && each->failed_at != 1) Fail("another operation failed than the one at fault");
            (*settled)++;
          };
          Check(database->batches().Add(batch, done), "add");
          added++;
        }
      }
    }
    database->batches().Finish();
    if (abandoned ? *settled > added : *settled != added) Fail("batches were lost");
  }
}

void CopyOften(const std::string& path, int rounds) {
  const Handle handle(path);
  for (int round = 0; round < rounds; round++) {
    const std::string target = path + "/copy" + std::to_string(round);
    mkdir(target.c_str(), 0700);
    std::atomic<bool> done{false};
    std::unique_ptr<Copy> copy;
    const auto end = [&done](const Status& status) {
      if (!status.ok() && status.code() != kEnvClosed) Fail("copy: " + status.Message());
      done = true;
    };
    Check(Copy::Start(handle.environment->database(), target, round % 2 == 0, end, &copy), "copy");
    while (round % 3 != 0 && !done) std::this_thread::yield();
    copy.reset();
  }
}

int Main(const std::string& path, int rounds) {
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 6; seed++) threads.emplace_back(Work, path, rounds, seed);
  threads.emplace_back(CopyOften, path, rounds);
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace leasehold

int main(int argc, char** argv) { return argc == 3 ? leasehold::Main(argv[1], atoi(argv[2])) : 2; }
