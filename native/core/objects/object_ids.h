// What is known of the objects of a store while garbage is looked for: three bits for each id.
#ifndef LEASEHOLD_CORE_OBJECT_IDS_H_
#define LEASEHOLD_CORE_OBJECT_IDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "contract.h"

namespace leasehold {

// Ids are claimed in ranges, so most pages are full: three bits an object.
class ObjectIds {
 public:
  // So many ids share a page.
  static constexpr uint64_t kPageIds = kGarbagePageIds;
  using Bits = uint64_t[kPageIds / 64];

  struct Page {
    Bits listed = {};   // there is an object
    Bits reached = {};  // it is reachable
    Bits owns = {};     // there are rows of it
  };

  static bool Has(const Bits& bits, uint64_t id) { return (bits[Word(id)] & Mask(id)) != 0; }
  // Whether the bit was not set before.
  static bool Set(Bits* bits, uint64_t id) {
    uint64_t& word = (*bits)[Word(id)];
    const bool is_new = (word & Mask(id)) == 0;
    word |= Mask(id);
    return is_new;
  }

  // The page of an id; null if no object on it was listed.
  Page* Find(uint64_t id) {
    if (id / kPageIds == last_number_) return last_;
    const auto found = pages_.find(id / kPageIds);
    return found == pages_.end() ? nullptr : Remember(found->first, found->second.get());
  }

  Page* FindOrAdd(uint64_t id) {
    if (Page* known = Find(id)) return known;
    auto& page = pages_[id / kPageIds];
    page = std::make_unique<Page>();
    return Remember(id / kPageIds, page.get());
  }

  // The numbers of all pages, in order.
  std::vector<uint64_t> PageNumbers() const;

 private:
  static constexpr size_t Word(uint64_t id) { return static_cast<size_t>(id % kPageIds / 64); }
  static constexpr uint64_t Mask(uint64_t id) { return uint64_t{1} << (id % 64); }

  Page* Remember(uint64_t number, Page* page) {
    last_number_ = number;
    return last_ = page;
  }

  std::unordered_map<uint64_t, std::unique_ptr<Page>> pages_;
  uint64_t last_number_ = UINT64_MAX;
  Page* last_ = nullptr;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OBJECT_IDS_H_
