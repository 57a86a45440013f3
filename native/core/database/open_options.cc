#include "core/database/open_options.h"

#include <unistd.h>

#include <string>

namespace leasehold {
namespace {

constexpr size_t kDefaultMapSize = size_t{64} << 30;
constexpr unsigned kDefaultMaxCollections = 10000;
constexpr unsigned kDefaultMaxReaders = 1024;
constexpr unsigned kDefaultSyncInterval = 100;
constexpr uint64_t kDefaultChangesCount = 1000000;
constexpr uint64_t kDefaultChangesBytes = uint64_t{64} << 20;

Status Disagreement(const char* option) {
  return Status(kInvalidArgument, std::string("the environment is open in this process with another ") + option +
                                      ": give the same one, or none");
}

template <class Value>
bool Differs(const std::optional<Value>& asked, const std::optional<Value>& present) {
  return asked && *asked != *present;
}

}  // namespace

size_t RoundToPages(size_t size) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

OpenOptions WithDefaults(const OpenOptions& options) {
  OpenOptions complete = options;
  complete.map_size = RoundToPages(options.map_size.value_or(kDefaultMapSize));
  complete.max_collections = options.max_collections.value_or(kDefaultMaxCollections);
  complete.max_readers = options.max_readers.value_or(kDefaultMaxReaders);
  complete.durability = options.durability.value_or(Durability::kSync);
  complete.sync_interval = options.sync_interval.value_or(kDefaultSyncInterval);
  complete.changes_count = options.changes_count.value_or(kDefaultChangesCount);
  complete.changes_bytes = options.changes_bytes.value_or(kDefaultChangesBytes);
  complete.locks = options.locks.value_or(true);
  return complete;
}

Status CheckAgreement(const OpenOptions& present, const OpenOptions& asked) {
  if (present.read_only && !asked.read_only) {
    return Status(kInvalidArgument, "the environment is open read-only in this process: close that handle first");
  }
  if (asked.map_size && RoundToPages(*asked.map_size) != *present.map_size) return Disagreement("mapSize");
  if (Differs(asked.max_collections, present.max_collections)) return Disagreement("maxCollections");
  if (Differs(asked.max_readers, present.max_readers)) return Disagreement("maxReaders");
  if (Differs(asked.durability, present.durability)) return Disagreement("durability");
  if (Differs(asked.locks, present.locks)) return Disagreement("lock");
  if (Differs(asked.sync_interval, present.sync_interval)) return Disagreement("syncInterval");
  if (Differs(asked.changes_count, present.changes_count)) return Disagreement("changes.count");
  if (Differs(asked.changes_bytes, present.changes_bytes)) return Disagreement("changes.bytes");
  if (asked.lends_given && asked.lends != present.lends) return Disagreement("memory");
  return Status();
}

}  // namespace leasehold
