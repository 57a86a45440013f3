#include "core/join/join_hasher.h"

#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include <cerrno>

namespace leasehold {

Status JoinHasher::Seed() {
  if (getentropy(secrets_, sizeof(secrets_)) != 0) return Status(errno, "the system has no random numbers");
  // An even factor would lose bits.
  secrets_[0] |= 1;
  return Status();
}

}  // namespace leasehold
