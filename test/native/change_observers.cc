// An observer is called before each change, whichever call makes the change, and before and after each commit. It can
// make changes of its own, and it can refuse a change. Argument: a directory.
#include <string.h>

#include <memory>
#include <string>
#include <vector>

#include "core/store/environment.h"
#include "core/store/read_transaction.h"
#include "core/store/write_transaction.h"
#include "support.h"

namespace leasehold {
namespace {

Slice SliceOf(const std::string& text) { return Slice{reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
std::string TextOf(const MDB_val& value) { return std::string(static_cast<const char*>(value.mv_data), value.mv_size); }

const std::string kKey = "key";
const std::string kRefused = "refused";
const std::string kMirrored = "mirrored";

struct World {
  explicit World(const std::string& path) {
    OpenOptions options;
    options.durability = Durability::kNoSync;
    Check(Environment::Open(path, options, &environment), "open");
    items = MakeCollection(environment.get(), "items");
    mirror = MakeCollection(environment.get(), "mirror");
  }
  std::unique_ptr<WriteTransaction> Begin() {
    std::unique_ptr<WriteTransaction> transaction;
    Check(WriteTransaction::Begin(environment.get(), Deadline(), &transaction), "begin");
    return transaction;
  }
  Database* database() { return environment->database(); }

  std::unique_ptr<Environment> environment;
  Collection* items;
  Collection* mirror;
};

// Notes each change, with the value that the key has before it. Copies changes of one key into the mirror, and refuses
// changes of another key.
class Notes : public ChangeObserver {
 public:
  explicit Notes(World* world) : world_(world) {}

  Status BeforeChange(WriteTransaction* transaction, const Change& change) override {
    std::string note = std::to_string(static_cast<int>(change.kind)) + " " + change.collection->name;
    if (change.key.size > 0) {
      MDB_val before;
      const Status found = transaction->Get(change.collection, change.key, &before);
      note += " " + std::string(reinterpret_cast<const char*>(change.key.data), change.key.size);
      if (found.ok()) note += " was " + TextOf(before);
    }
    notes.push_back(note);
    if (IsSame(change.key, SliceOf(kRefused))) return Status(kInvalidArgument, "refused");
    if (!IsSame(change.key, SliceOf(kMirrored))) return Status();
    uint64_t answer;
    return transaction->Apply({change.kind, world_->mirror, change.key, change.value}, &answer);
  }
  Status BeforeCommit(WriteTransaction*) override {
    notes.push_back("commit");
    return refuses_commits ? Status(kInvalidArgument, "no commit") : Status();
  }
  void AfterEnd(uint64_t version) override { notes.push_back(version == 0 ? "rolled back" : "committed"); }

  void Expect(const std::vector<std::string>& expected, const char* what) {
    if (notes != expected) {
      std::string text;
      for (const std::string& note : notes) text += note + "; ";
      Fail(std::string(what) + " was told as " + text);
    }
    notes.clear();
  }

  std::vector<std::string> notes;
  bool refuses_commits = false;

 private:
  World* const world_;
};

uint64_t Apply(WriteTransaction* transaction, const Change& change, const char* what) {
  uint64_t answer;
  Check(transaction->Apply(change, &answer), what);
  return answer;
}

void TestChanges(World* world, Notes* notes) {
  auto transaction = world->Begin();
  const std::string one = "one";
  const std::string two = "two";
  Apply(transaction.get(), {ChangeKind::kPut, world->items, SliceOf(kKey), SliceOf(one)}, "put");
  Apply(transaction.get(), {ChangeKind::kPutNew, world->items, SliceOf(kKey), SliceOf(two)}, "putNew");
  if (Apply(transaction.get(), {ChangeKind::kDelete, world->items, SliceOf(kKey)}, "del") != 1) Fail("not deleted");
  Apply(transaction.get(), {ChangeKind::kAppend, world->items, SliceOf(kMirrored), SliceOf(two)}, "append");
  if (Apply(transaction.get(), {ChangeKind::kClear, world->items}, "clear") != 1) Fail("not cleared");
  MDB_val value;
  Check(transaction->Get(world->mirror, SliceOf(kMirrored), &value), "the mirror");
  uint64_t answer;
  if (transaction->Apply({ChangeKind::kPut, world->items, SliceOf(kRefused), SliceOf(one)}, &answer).code() !=
      kInvalidArgument) {
    Fail("not refused");
  }
  if (transaction->Get(world->items, SliceOf(kRefused), &value).code() != MDB_NOTFOUND) Fail("stored all the same");
  Check(transaction->Commit(), "commit");
  notes->Expect({"0 items key", "1 items key was one", "3 items key was one", "2 items mirrored", "5 items",
                 "0 items refused", "commit", "committed"},
                "each change");
}

// The observer is told every kind of change, including those of dupSort collections and the drop of a collection.
void TestEveryKind(World* world, Notes* notes) {
  const std::string one = "one";
  auto transaction = world->Begin();
  Collection* pairs;
  Check(transaction->MakeCollection("pairs", MDB_DUPSORT, &pairs), "collection of pairs");
  std::vector<std::string> told;
  for (uint32_t kind = 0; kind <= kChangeDrop; kind++) {
    const bool of_range = kind >= kChangeClear;
    const Slice key = of_range ? Slice{} : SliceOf(kKey);
    const Slice value = of_range || kind == kChangeDelete ? Slice{} : SliceOf(one);
    // Start empty: this test is not about earlier values.
    Apply(transaction.get(), {ChangeKind::kClear, pairs}, "clear");
    Apply(transaction.get(), {static_cast<ChangeKind>(kind), pairs, key, value}, "change");
    told.push_back("5 pairs");
    told.push_back(std::to_string(kind) + " pairs" + (of_range ? "" : " key"));
  }
  transaction->Abort();
  told.push_back("rolled back");
  notes->Expect(told, "every kind of change");
}

// The observer is told a conditional change only if the condition holds, and as the same change without a condition.
void TestConditions(World* world, Notes* notes) {
  const std::string one = "one";
  auto transaction = world->Begin();
  Collection* versioned;
  Check(transaction->MakeCollection("versioned", kVersionsFlag, &versioned), "collection with versions");
  const auto change = [&](ChangeKind kind, uint64_t version) {
    Change made{kind, versioned, SliceOf(kKey), kind == ChangeKind::kPutIf ? SliceOf(one) : Slice{}};
    made.version = version;
    return made;
  };
  Apply(transaction.get(), change(ChangeKind::kPutIf, 7), "put of another version");
  Apply(transaction.get(), change(ChangeKind::kPutIf, 0), "put of an absent key");
  Apply(transaction.get(), change(ChangeKind::kCheck, 1), "check");
  Apply(transaction.get(), change(ChangeKind::kDeleteIf, 2), "deletion of another version");
  Apply(transaction.get(), change(ChangeKind::kDeleteIf, 1), "deletion");
  transaction->Abort();
  notes->Expect({"0 versioned key", "3 versioned key was one", "rolled back"}, "conditions");
}

void TestEnds(World* world, Notes* notes) {
  const std::string one = "one";
  world->Begin()->Abort();
  notes->Expect({"rolled back"}, "a rollback");

  auto transaction = world->Begin();
  auto child = world->Begin();
  Apply(child.get(), {ChangeKind::kPut, world->items, SliceOf(kKey), SliceOf(one)}, "put");
  Check(child->Commit(), "commit of a child");
  Check(transaction->Commit(), "commit");
  notes->Expect({"0 items key", "commit", "committed"}, "the commit of a child and its parent");

  notes->refuses_commits = true;
  transaction = world->Begin();
  if (transaction->Commit().code() != kInvalidArgument) Fail("a commit was not refused");
  notes->Expect({"commit", "rolled back"}, "a refused commit");
  notes->refuses_commits = false;
}

void TestBatch(World* world, Notes* notes) {
  const std::string one = "one";
  const auto batch = std::make_shared<WriteBatch>();
  if (!batch->Allocate(2)) Fail("no memory");
  batch->operations[0] = {ChangeKind::kPut, world->items, SliceOf(kKey), SliceOf(one)};
  batch->operations[1] = {ChangeKind::kDelete, world->items, SliceOf(kKey)};
  batch->caller = std::this_thread::get_id();
  Check(world->database()->batches().Add(batch, [](const std::shared_ptr<WriteBatch>&, bool) {}), "batch");
  // A write of this thread begins after the batches that this thread has added.
  auto transaction = world->Begin();
  if (batch->answers[0] != 1 || batch->answers[1] != 1) Fail("the answers of a batch");
  notes->Expect({"0 items key was one", "3 items key was one", "commit", "committed"}, "a batch");
}

void Run(const std::string& path) {
  World world(path);
  Notes notes(&world);
  world.database()->observers().push_back(&notes);
  TestChanges(&world, &notes);
  TestEveryKind(&world, &notes);
  TestConditions(&world, &notes);
  TestEnds(&world, &notes);
  TestBatch(&world, &notes);
  notes.notes.clear();
  world.database()->observers().clear();
  const auto transaction = world.Begin();
  Apply(transaction.get(), {ChangeKind::kDelete, world.items, SliceOf(kKey)}, "del");
  notes.Expect({}, "a change without observers");
}

}  // namespace
}  // namespace leasehold

int main(int, char** arguments) {
  leasehold::Run(arguments[1]);
  return 0;
}
