// Threads that change one collection with versions, times and keys of any length: in write transactions that nest, in
// optimistic transactions, by sweeps. Others read it, and one follows the log of changes. Run under the sanitizers.
// Arguments: a directory, and the number of rounds of each thread.
#include <stdlib.h>
#include <string.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/range/open_range.h"
#include "core/store/environment.h"
#include "core/store/read_transaction.h"
#include "core/store/write_transaction.h"
#include "core/transact/overlay.h"
#include "core/versions/change_reader.h"
#include "core/versions/header.h"
#include "support.h"

namespace leasehold {
namespace {

constexpr unsigned kKeys = 40;
constexpr uint64_t kSoon = 2;  // ms

Slice SliceOf(const std::string& text) { return Slice{reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

// Half of the keys are long, and all long ones have the same first bytes.
std::string KeyOf(unsigned i) { return (i % 2 == 0 ? std::string(600, 'k') : std::string()) + std::to_string(i); }
// Two records of which each change adds to one what it takes from the other.
const std::string kCredit = "credit";
const std::string kDebit(700, 'd');

// Lets a thread sleep until another one calls Wake.
class Alarm {
 public:
  void Wake() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    condition_.notify_one();
  }
  void Sleep() {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool rung_ = false;
};

class Handle {
 public:
  explicit Handle(const std::string& path) {
    OpenOptions options;
    options.durability = Durability::kNoSync;
    options.map_size = size_t{1} << 28;
    Check(Environment::Open(path, options, &environment_), "open");
    std::unique_ptr<WriteTransaction> transaction;
    Check(WriteTransaction::Begin(environment(), Deadline(), &transaction), "begin");
    Check(transaction->MakeCollection("items", kVersionsFlag | kExpiresFlag | kAnyKeysFlag, &items), "make");
    Check(transaction->Commit(), "commit");
  }
  Environment* environment() const { return environment_.get(); }
  Database* database() const { return environment_->database(); }
  std::unique_ptr<ReadTransaction> Read() const {
    std::unique_ptr<ReadTransaction> transaction;
    Check(ReadTransaction::Begin(environment(), false, &transaction), "read");
    return transaction;
  }

  Collection* items;

 private:
  std::unique_ptr<Environment> environment_;
};

// What a thread of any kind does in a transaction. `apply` makes a change in it.
template <typename Apply>
class Work {
 public:
  Work(const Handle& handle, Transaction* transaction, std::mt19937* random, Apply apply)
      : items_(handle.items), transaction_(transaction), random_(*random), apply_(apply) {}

  int64_t Amount(const std::string& key) {
    MDB_val value{};
    const Status status = transaction_->Get(items_, SliceOf(key), &value);
    if (status.code() == MDB_NOTFOUND) return 0;
    Check(status, "get");
    int64_t amount = 0;
    if (value.mv_size != sizeof(amount)) Fail("an amount has another size");
    memcpy(&amount, value.mv_data, sizeof(amount));
    return amount;
  }

  void CheckBalance() {
    if (Amount(kCredit) + Amount(kDebit) != 0) Fail("half of a change");
  }

  void Pay() {
    const int64_t by = static_cast<int64_t>(random_() % 100) - 50;
    for (const auto& [key, amount] :
         {std::pair{kCredit, Amount(kCredit) + by}, std::pair{kDebit, Amount(kDebit) - by}}) {
      apply_({ChangeKind::kPut, items_, SliceOf(key), Slice{reinterpret_cast<const uint8_t*>(&amount), sizeof(amount)}});
    }
  }

  void Scatter() {
    const std::string key = KeyOf(random_() % kKeys);
    switch (random_() % 6) {
      case 0:
        apply_({ChangeKind::kDelete, items_, SliceOf(key)});
        break;
      case 1: {
        Change clear{ChangeKind::kClear, items_};
        const std::string upper = key + "~";
        clear.range_flags = kRangeLower | kRangeUpper;
        clear.value = SliceOf(key);
        clear.key = SliceOf(upper);
        apply_(clear);
        break;
      }
      default: {
        Change put{ChangeKind::kPut, items_, SliceOf(key), SliceOf(key)};
        if (random_() % 2 == 0) put.expiry.bits = CurrentTime() + random_() % (2 * kSoon);
        apply_(put);
      }
    }
  }

  // Each value is its key, but for the amounts. No version is beyond the newest commit that the transaction sees.
  void Walk(uint64_t newest) {
    RangeOptions options;
    options.reverse = random_() % 2 == 0;
    const std::string lower = KeyOf(random_() % kKeys);
    if (random_() % 2 == 0) options.lower.Assign(SliceOf(lower), false);
    std::unique_ptr<Rows> rows;
    Check(OpenRange(transaction_, items_, std::move(options), &rows), "range");
    const auto look = [&](Slice key, Slice value) {
      if (!IsSame(key, value) && !IsSame(key, SliceOf(kCredit)) && !IsSame(key, SliceOf(kDebit))) {
        Fail("the value of another key");
      }
      if (TidBefore(*items_, value.data) > newest) Fail("a version that is not committed");
    };
    Batch batch;
    leasehold_row described[16];
    bool found = true;
    while (found) {
      Check(rows->Fill(described, 16, 4096, &batch), "fill");
      for (uint32_t i = 0; i < batch.count; i++) {
        const leasehold_row& row = described[i];
        look(Slice{batch.keys + row.key_offset, row.key_length}, Slice{batch.values + row.value_offset, row.value_length});
      }
      if (batch.count > 0) continue;
      Slice key;
      Slice value;
      Check(rows->Step(&key, &value, &found), "step");
      if (found) look(key, value);
    }
  }

 private:
  Collection* const items_;
  Transaction* const transaction_;
  std::mt19937& random_;
  Apply apply_;
};

void Write(const Handle& handle, std::mt19937* random, int depth) {
  std::unique_ptr<WriteTransaction> transaction;
  Check(WriteTransaction::Begin(handle.environment(), Deadline(), &transaction), "write");
  uint64_t answer;
  Work work(handle, transaction.get(), random,
            [&](const Change& change) { Check(transaction->Apply(change, &answer), "change"); });
  uint64_t tid;
  work.CheckBalance();
  work.Pay();
  for (int i = 0; i < 4; i++) work.Scatter();
  if (depth < 2) Write(handle, random, depth + 1);
  Check(transaction->Tid(&tid), "tid");
  work.Walk(tid);
  if ((*random)() % 4 == 0) {
    Change sweep{ChangeKind::kSweep, handle.items};
    sweep.limit = 10;
    Check(transaction->Apply(sweep, &answer), "sweep");
  }
  work.CheckBalance();
  if ((*random)() % 4 == 0) {
    transaction->Abort();
  } else {
    Check(transaction->Commit(), "commit");
  }
}

void Read(const Handle& handle, std::mt19937* random) {
  const auto transaction = handle.Read();
  Work work(handle, transaction.get(), random, [](const Change&) { Fail("a change in a read transaction"); });
  uint64_t tid;
  Check(transaction->SeenTid(&tid), "tid");
  work.CheckBalance();
  work.Walk(tid);
}

// True if it was committed, and not in conflict with others.
bool Transact(const Handle& handle, std::mt19937* random) {
  auto transaction = handle.Read();
  transaction->BeginOverlay((*random)() % 2 == 0);
  uint64_t answer;
  Work work(handle, transaction.get(), random,
            [&](const Change& change) { Check(transaction->overlay()->Apply(change, &answer), "change"); });
  uint64_t tid;
  Check(transaction->SeenTid(&tid), "tid");
  work.CheckBalance();
  work.Pay();
  for (int i = 0; i < 3; i++) work.Scatter();
  work.CheckBalance();
  work.Walk(tid);
  auto batch = std::make_shared<WriteBatch>();
  Check(transaction->overlay()->MakeBatch(batch.get()), "batch");
  batch->caller = std::this_thread::get_id();
  auto alarm = std::make_shared<Alarm>();
  Check(handle.database()->batches().Add(batch, [alarm](const auto&) { alarm->Wake(); }), "add");
  transaction.reset();
  alarm->Sleep();
  if (batch->status.code() == kConflict) return false;
  Check(batch->status, "commit");
  return true;
}

void Run(const std::string& path, int rounds, unsigned seed, std::atomic<int>* committed) {
  const Handle handle(path);
  std::mt19937 random(seed);
  for (int round = 0; round < rounds; round++) {
    switch (random() % 3) {
      case 0:
        Write(handle, &random, 0);
        break;
      case 1:
        Read(handle, &random);
        break;
      default:
        *committed += Transact(handle, &random) ? 1 : 0;
    }
  }
}

// Follows the log, commit by commit, until nobody writes any more.
void Follow(const std::string& path, const std::atomic<bool>& ended) {
  const Handle handle(path);
  Alarm alarm;
  for (uint64_t seen = 0;;) {
    const bool is_last = ended;
    auto transaction = handle.Read();
    uint64_t newest;
    Check(transaction->SeenTid(&newest), "tid");
    while (seen < newest) {
      uint64_t tid;
      Slice record;
      Check(ReadChangeAfter(transaction->txn(), seen, &tid, &record), "the log");
      if (tid != ++seen || record.size == 0) Fail("a commit is not in the log");
    }
    if (is_last) return;
    const uint64_t version = transaction->id();
    transaction.reset();
    Check(handle.database()->commits().Wait(&handle, version, [&alarm] { alarm.Wake(); }), "wait");
    if (version % 5 == 0) handle.database()->commits().Cancel(&handle);
    alarm.Sleep();
  }
}

int Main(const std::string& path, int rounds) {
  // Stays open, so that all threads share one database.
  const Handle first(path);
  std::atomic<bool> ended{false};
  std::atomic<int> committed{0};
  std::vector<std::thread> followers;
  for (int i = 0; i < 2; i++) followers.emplace_back([&] { Follow(path, ended); });
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; seed++) {
    threads.emplace_back([&, seed] { Run(path, rounds * 10, seed, &committed); });
  }
  for (std::thread& thread : threads) thread.join();
  ended = true;
  std::mt19937 random(0);
  Write(first, &random, 2);
  first.database()->commits().Committed();
  for (std::thread& follower : followers) follower.join();
  if (committed == 0) Fail("no optimistic transaction was committed");
  return 0;
}

}  // namespace
}  // namespace leasehold

int main(int argc, char** argv) { return argc == 3 ? leasehold::Main(argv[1], atoi(argv[2])) : 2; }
