// What a handle asks of its environment.
#ifndef LEASEHOLD_CORE_OPEN_OPTIONS_H_
#define LEASEHOLD_CORE_OPEN_OPTIONS_H_

#include <stddef.h>

#include <optional>

#include "core/status.h"
#include "core/sync/syncer.h"
#include "core/versions/change_log.h"

namespace leasehold {

// An option that is not given takes its default or, if this process has the database open, what was given then.
struct OpenOptions {
  std::optional<size_t> map_size;  // in bytes, of any alignment
  std::optional<unsigned> max_collections;
  std::optional<unsigned> max_readers;
  std::optional<Durability> durability;
  std::optional<unsigned> sync_interval;  // in milliseconds
  // How long the log of changes may get (LogLimits).
  std::optional<uint64_t> changes_count;
  std::optional<uint64_t> changes_bytes;
  bool read_only = false;
  std::optional<bool> locks;  // false: no lock file, for a read-only environment that nobody writes to
  bool lends = true;          // whether reads lend memory
  bool lends_given = false;
};

// A size for the map: the next multiple of a page.
size_t RoundToPages(size_t size);

// The same options, with the default of each that is not given.
OpenOptions WithDefaults(const OpenOptions& options);

// What options that have all of them say of the log of changes.
inline LogLimits LimitsOf(const OpenOptions& options) { return {*options.changes_count, *options.changes_bytes}; }

// kInvalidArgument, with the option's name, if a database that is open with `present` cannot be what `asked` wants.
// `present` has all options.
Status CheckAgreement(const OpenOptions& present, const OpenOptions& asked);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OPEN_OPTIONS_H_
