#include "core/memory/own_memory.h"

#include <unistd.h>

#include <cstdio>

namespace leasehold {

std::optional<size_t> OwnMemory() {
  // In pages: the address space, what is resident, what of that is shared (proc(5)).
  FILE* statm = fopen("/proc/self/statm", "re");
  if (statm == nullptr) return std::nullopt;
  size_t resident;
  size_t shared;
  const int fields = fscanf(statm, "%*u %zu %zu", &resident, &shared);
  fclose(statm);
  if (fields != 2 || shared > resident) return std::nullopt;
  return (resident - shared) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace leasehold
