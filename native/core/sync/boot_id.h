// What tells this boot of the machine from every other.
#ifndef LEASEHOLD_CORE_BOOT_ID_H_
#define LEASEHOLD_CORE_BOOT_ID_H_

#include <array>

#include "core/status.h"

namespace leasehold {

// Text, with zeros behind it.
using BootId = std::array<char, 40>;

// The system makes a new one each time it starts. ENOSYS if it does not tell.
Status ReadBootId(BootId* id);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_BOOT_ID_H_
