// What a handle asks of its environment.
#ifndef LEASEHOLD_CORE_OPEN_OPTIONS_H_
#define LEASEHOLD_CORE_OPEN_OPTIONS_H_

#include <stddef.h>

#include <optional>

#include "core/status.h"
#include "core/sync/syncer.h"

namespace leasehold {

// An option that is not given takes its default or, if this process has the database open, what was given then.
struct OpenOptions {
  std::optional<size_t> map_size;  // in bytes, of any alignment
  std::optional<unsigned> max_collections;
  std::optional<unsigned> max_readers;
  std::optional<Durability> durability;
  std::optional<unsigned> sync_interval;  // in milliseconds
  bool read_only = false;
  std::optional<bool> locks;  // false: no lock file, for a read-only environment that nobody writes to
  bool lends = true;          // whether reads lend memory
  bool lends_given = false;
};

// A size for the map: the next multiple of a page.
size_t RoundToPages(size_t size);

// The same options, with the default of each that is not given.
OpenOptions WithDefaults(const OpenOptions& options);

// kInvalidArgument, with the option's name, if a database that is open with `present` cannot be what `asked` wants.
// `present` has all options.
Status CheckAgreement(const OpenOptions& present, const OpenOptions& asked);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OPEN_OPTIONS_H_
