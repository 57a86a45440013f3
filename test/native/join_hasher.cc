// The hash of joins, and tables made with it. For the sanitizers, hashes bytes of every length, each in a separate
// allocation. Against attackers who choose the values: values that collide under one table's secrets do not collide
// under those of another table.
#include "core/join/join_hasher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/join/join_table.h"

namespace leasehold {
namespace {

constexpr uint32_t kValues = 4096;

[[noreturn]] void Fail(const std::string& what) {
  fprintf(stderr, "%s\n", what.c_str());
  exit(1);
}

void Check(const Status& status) {
  if (!status.ok()) Fail(status.Name() + std::string(": ") + status.Message());
}

JoinHasher Seeded() {
  JoinHasher hasher;
  Check(hasher.Seed());
  return hasher;
}

Slice ToSlice(const std::string& value) { return Slice{reinterpret_cast<const uint8_t*>(value.data()), value.size()}; }

uint64_t HashOf(const JoinHasher& hasher, const std::string& value) {
  return hasher.Bytes(ToSlice(value), hasher.seed());
}

// Finds a hash that reads beyond its bytes, or skips some.
void HashesEveryLength() {
  const JoinHasher hasher = Seeded();
  std::mt19937_64 random(1);
  for (size_t size = 0; size < 300; size++) {
    std::unique_ptr<uint8_t[]> bytes(new uint8_t[size]);
    for (size_t i = 0; i < size; i++) bytes[i] = static_cast<uint8_t>(random());
    std::set<uint64_t> hashes = {hasher.Bytes(Slice{bytes.get(), size}, hasher.seed())};
    for (size_t i = 0; i < size; i++) {
      bytes[i] ^= 1;
      hashes.insert(hasher.Bytes(Slice{bytes.get(), size}, hasher.seed()));
      bytes[i] ^= 1;
    }
    if (hashes.size() != size + 1) Fail("two of " + std::to_string(size) + " bytes' changes give one hash");
  }
}

size_t DistinctOf(const JoinHasher& hasher, const std::vector<std::string>& values) {
  std::set<uint64_t> hashes;
  for (const std::string& value : values) hashes.insert(HashOf(hasher, value));
  return hashes.size();
}

// The longest probe, in slots, when all values are added to a table with twice as many slots.
size_t LongestProbe(const JoinHasher& hasher, const std::vector<std::string>& values) {
  const uint64_t mask = std::bit_ceil(2 * values.size()) - 1;
  std::vector<bool> taken(mask + 1);
  size_t longest = 0;
  for (const std::string& value : values) {
    size_t probes = 1;
    uint64_t at = HashOf(hasher, value) & mask;
    for (; taken[at]; at = (at + 1) & mask) probes++;
    taken[at] = true;
    longest = std::max(longest, probes);
  }
  return longest;
}

// Values that all have the same hash under these secrets: their first word makes a factor 0.
std::vector<std::string> Crafted(const JoinHasher& hasher) {
  uint64_t secrets[3];
  static_assert(sizeof(secrets) == sizeof(JoinHasher));
  memcpy(secrets, &hasher, sizeof(secrets));
  std::vector<std::string> values;
  for (uint64_t i = 0; i < kValues; i++) {
    std::string value(16, '\0');
    memcpy(value.data(), &secrets[1], 8);
    memcpy(value.data() + 8, &i, 8);
    values.push_back(value);
  }
  return values;
}

void ForgetsSecrets() {
  const JoinHasher known = Seeded();
  const std::vector<std::string> values = Crafted(known);
  if (DistinctOf(known, values) != 1) Fail("the crafted values do not collide: the test is out of date");
  const JoinHasher other = Seeded();
  if (DistinctOf(other, values) != kValues) Fail("values that collide in one table collide in another");
  const size_t probes = LongestProbe(other, values);
  if (probes > 64) Fail("crafted values make " + std::to_string(probes) + " probes");
}

// Counters, and long values that are almost equal, fill a table as evenly as other values do.
void SpreadsSimilarValues() {
  const JoinHasher hasher = Seeded();
  for (const size_t size : {4, 8, 12, 16, 17, 40, 200}) {
    for (const size_t at : {size_t{0}, size / 2, size - 4}) {
      std::vector<std::string> values;
      for (uint32_t i = 0; i < kValues; i++) {
        std::string value(size, 'x');
        memcpy(value.data() + at, &i, sizeof(i));
        values.push_back(value);
      }
      if (DistinctOf(hasher, values) != kValues) Fail("similar values collide");
      const size_t probes = LongestProbe(hasher, values);
      if (probes > 64) Fail("similar values make " + std::to_string(probes) + " probes");
    }
  }
}

// Even when all values have the same hash, each is found, and an absent value is not.
void FindsCollidingValues() {
  const JoinHasher hasher = Seeded();
  std::vector<std::string> values = Crafted(hasher);
  values.resize(600);
  JoinPlace place;
  place.source = JoinPlace::kBytesKey;
  const JoinOn on = {place};
  JoinTable table;
  Check(table.Reserve(2 * values.size()));
  const auto entry_of = [](const std::string& value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(value.data());
    return Entry{bytes, bytes, static_cast<uint32_t>(value.size()), 0};
  };
  // Adds each value twice, but leaves the last one out.
  const std::string absent = values.back();
  values.pop_back();
  for (int round = 0; round < 2; round++) {
    for (const std::string& value : values) table.Add(entry_of(value), HashOf(hasher, value));
  }
  for (bool done = false; !done;) Check(table.Link(7, on, &done));
  for (uint32_t i = 0; i < values.size(); i++) {
    const uint32_t chain = table.Find(HashOf(hasher, values[i]), on, entry_of(values[i]), on);
    if (chain != i || table.ChainLength(chain) != 2 || table.RowOf(chain, 0) != i ||
        table.RowOf(chain, 1) != i + values.size()) {
      Fail("a chain is not that of its value");
    }
  }
  if (table.Find(HashOf(hasher, absent), on, entry_of(absent), on) != JoinTable::kNone)
    Fail("an absent value was found");
}

}  // namespace
}  // namespace leasehold

int main() {
  leasehold::HashesEveryLength();
  leasehold::ForgetsSecrets();
  leasehold::SpreadsSimilarValues();
  leasehold::FindsCollidingValues();
  printf("the hash of joins: every length, and values that collide\n");
  return 0;
}
