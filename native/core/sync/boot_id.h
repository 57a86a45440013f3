// A name for the present run of the machine, from one start to the next.
#ifndef LEASEHOLD_CORE_BOOT_ID_H_
#define LEASEHOLD_CORE_BOOT_ID_H_

#include <array>

#include "core/status.h"

namespace leasehold {

// A text, with zeros behind it.
using BootId = std::array<char, 40>;

// Gives the name that the system has made up at its start. ENOSYS if the system does not tell.
Status ReadBootId(BootId* id);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_BOOT_ID_H_
