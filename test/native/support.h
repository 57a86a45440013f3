// What the programs share that run the engine core in threads.
#ifndef LEASEHOLD_TEST_NATIVE_SUPPORT_H_
#define LEASEHOLD_TEST_NATIVE_SUPPORT_H_

#include <stdio.h>
#include <stdlib.h>

#include <string>

#include "core/status.h"

namespace leasehold {

[[noreturn]] inline void Fail(const std::string& what) {
  fprintf(stderr, "%s\n", what.c_str());
  exit(1);
}

inline void Check(const Status& status, const char* what) {
  if (!status.ok()) Fail(std::string(what) + ": " + status.Name() + ": " + status.Message());
}

}  // namespace leasehold

#endif  // LEASEHOLD_TEST_NATIVE_SUPPORT_H_
