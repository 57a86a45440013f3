#include "core/sync/boot_id.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

namespace leasehold {
namespace {

// A UUID, as text.
constexpr size_t kIdBytes = 36;

}  // namespace

Status ReadBootId(BootId* id) {
  id->fill(0);
  size_t size = 0;
#ifdef __APPLE__
  size = id->size();
  if (sysctlbyname("kern.bootsessionuuid", id->data(), &size, nullptr, 0) != 0) size = 0;
#else
  const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    const ssize_t got = read(fd, id->data(), kIdBytes);
    if (got > 0) size = static_cast<size_t>(got);
    close(fd);
  }
#endif
  if (size >= kIdBytes && strnlen(id->data(), kIdBytes) == kIdBytes) return Status();
  return Status(ENOSYS, "this system does not tell one start of the machine from another, which is needed here");
}

}  // namespace leasehold
