// The table of shared states against std::map: random additions, searches and evictions.
#include "core/versions/state_table.h"

#include <stdio.h>
#include <stdlib.h>

#include <map>
#include <random>
#include <string>
#include <tuple>

namespace leasehold {
namespace {

[[noreturn]] void Fail(const char* what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

using State = std::tuple<const Collection*, uint64_t, std::string>;

class Model {
 public:
  Model(unsigned seed, size_t limit) : random_(seed), limit_(limit), table_(random_(), random_(), limit) {}

  void Step(const State& state) {
    const auto& [collection, tid, text] = state;
    const Slice key{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    const auto known = numbers_.find(state);
    const uint32_t expected = known == numbers_.end() ? StateTable::kNone : known->second;
    if (table_.Find(collection, tid, key) != expected) Fail("Find gives another number");
    if (expected != StateTable::kNone || random_() % 2 == 0) return;
    const uint32_t number = table_.Add(collection, tid, key, random_() % 900);
    if (number == StateTable::kNone) return;
    if (!states_.emplace(number, state).second) Fail("Add gives a number that is in use");
    numbers_[state] = number;
    for (uint32_t gone = table_.Evict(); gone != StateTable::kNone; gone = table_.Evict()) {
      if (gone == number) Fail("the newest state is evicted");
      if (numbers_.erase(states_.at(gone)) != 1 || states_.erase(gone) != 1) Fail("a state is evicted twice");
    }
    if (table_.bytes() > limit_) Fail("the table is above its limit");
    if (table_.count() != numbers_.size()) Fail("the count is wrong");
  }

  unsigned Random() { return random_(); }

 private:
  std::mt19937 random_;
  const size_t limit_;
  StateTable table_;
  std::map<State, uint32_t> numbers_;
  std::map<uint32_t, State> states_;
};

void Run(unsigned seed) {
  const Collection collections[] = {{"a", kVersionsFlag, 0}, {"b", kVersionsFlag, 0}};
  Model model(seed, 8192 * (1 + seed % 20));
  for (int i = 0; i < 10000; i++) {
    std::string key(1 + model.Random() % 3, ' ');
    for (char& letter : key) letter = static_cast<char>('a' + model.Random() % 6);
    model.Step({&collections[model.Random() % 2], 1 + model.Random() % 5, key});
  }
}

// A state that was read after it was added is still there after many other states were added.
void ReadStatesStay() {
  const Collection collection("a", kVersionsFlag, 0);
  StateTable table(1, 2, size_t{100} * (128 + 8));
  const auto key = [](int i) { return std::to_string(10000000 + i); };
  const auto slice = [](const std::string& text) {
    return Slice{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  };
  for (int i = 0; i < 5000; i++) {
    table.Add(&collection, 1, slice(key(i)), 0);
    while (table.Evict() != StateTable::kNone) {
    }
    if (table.Find(&collection, 1, slice(key(0))) == StateTable::kNone) Fail("a state that is often read is evicted");
  }
}

}  // namespace
}  // namespace leasehold

int main() {
  for (unsigned seed = 0; seed < 12; seed++) leasehold::Run(seed);
  leasehold::ReadStatesStay();
  return 0;
}
