// Threads that make, drop, find and read collections at the same time, in transactions that nest and are rolled back.
// There are fewer handles than names. Run under the sanitizers. Arguments: a directory, and the number of rounds of
// each thread.
#include <stdlib.h>
#include <string.h>

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

constexpr unsigned kNames = 8;
constexpr unsigned kHandles = 5;

Slice SliceOf(const std::string& text) { return Slice{reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
const std::string kKey = "name";

class Thread {
 public:
  Thread(const std::string& path, unsigned seed) : random_(seed) {
    OpenOptions options;
    options.durability = Durability::kNoSync;
    options.max_collections = kHandles;
    options.map_size = size_t{1} << 26;
    Check(Environment::Open(path, options, &environment_), "open");
  }

  void Run(int rounds) {
    for (int round = 0; round < rounds; round++) {
      if (random_() % 3 == 0) {
        Write(0);
      } else {
        Read();
      }
    }
  }

 private:
  std::string Name() { return "collection " + std::to_string(random_() % kNames); }

  // The only entry of a collection is its name. So a handle that belongs to another collection shows another name.
  void Look(Transaction* transaction, Collection* collection) {
    MDB_val value{};
    const Status status = transaction->Get(collection, SliceOf(kKey), &value);
    if (status.code() == MDB_NOTFOUND || status.code() == kNoCollection || status.code() == MDB_DBS_FULL) return;
    Check(status, "get");
    if (!IsSame(ToSlice(value), SliceOf(collection->name))) Fail("the entry of another collection");
  }

  // A collection that is found stays there until the transaction changes it.
  Collection* Find(Transaction* transaction) {
    Collection* collection;
    const Status status = transaction->FindCollection(Name().c_str(), &collection);
    if (status.code() == MDB_DBS_FULL) return nullptr;
    Check(status, "find");
    if (collection == nullptr) return nullptr;
    known_.push_back(collection);
    MDB_val value{};
    Check(transaction->Get(collection, SliceOf(kKey), &value), "get what was found");
    return collection;
  }

  void LookAtKnown(Transaction* transaction) {
    for (int i = 0; i < 5 && !known_.empty(); i++) Look(transaction, known_[random_() % known_.size()]);
  }

  void Read() {
    std::unique_ptr<ReadTransaction> transaction;
    Check(ReadTransaction::Begin(environment_.get(), false, &transaction), "read");
    LookAtKnown(transaction.get());
    Find(transaction.get());
    if (random_() % 3 == 0) Write(0);
    LookAtKnown(transaction.get());
  }

  void Write(int depth) {
    std::unique_ptr<WriteTransaction> transaction;
    Check(WriteTransaction::Begin(environment_.get(), Deadline(), &transaction), "write");
    bool failed = false;
    uint64_t answer;
    for (unsigned i = 0; i < 4 && !failed; i++) {
      const std::string name = Name();
      Collection* collection = nullptr;
      switch (random_() % 4) {
        case 0: {
          const Status made = transaction->MakeCollection(name.c_str(), 0, &collection);
          failed = made.code() == MDB_DBS_FULL;
          if (failed) break;
          Check(made, "make");
          Check(transaction->Apply({ChangeKind::kPut, collection, SliceOf(kKey), SliceOf(name)}, &answer), "put");
          known_.push_back(collection);
          break;
        }
        case 1:
          collection = Find(transaction.get());
          if (collection == nullptr) break;
          Check(transaction->Apply({ChangeKind::kDrop, collection}, &answer), "drop");
          if (transaction->Apply({ChangeKind::kDrop, collection}, &answer).code() != kNoCollection) Fail("dropped twice");
          break;
        case 2:
          if (depth < 2) Write(depth + 1);
          break;
        default:
          LookAtKnown(transaction.get());
      }
    }
    if (random_() % 3 == 0) {
      transaction->Abort();
    } else if (const Status status = transaction->Commit(); !status.ok() && !failed) {
      Fail("commit: " + status.Message());
    }
  }

  std::mt19937 random_;
  std::unique_ptr<Environment> environment_;
  std::vector<Collection*> known_;  // some were dropped, or their making was rolled back
};

int Main(const std::string& path, int rounds) {
  // Stays open, so that all threads share one database.
  const Thread first(path, 0);
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; seed++) {
    threads.emplace_back([&path, rounds, seed] { Thread(path, seed).Run(rounds * 20); });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace leasehold

int main(int argc, char** argv) { return argc == 3 ? leasehold::Main(argv[1], atoi(argv[2])) : 2; }
