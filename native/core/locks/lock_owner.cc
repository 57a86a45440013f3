#include "core/locks/lock_owner.h"

#include <unistd.h>

#include <fstream>

namespace leasehold {
namespace {

// The process that a thread belongs to; 0 if the system does not tell.
int ProcessOf(int thread) {
  std::ifstream file("/proc/" + std::to_string(thread) + "/status");
  const std::string label = "Tgid:";
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, label.size(), label) == 0) return atoi(line.c_str() + label.size());
  }
  return 0;
}

std::string NameOf(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

std::string DescribeLockOwner(int thread) {
  const int process = thread == 0 ? 0 : ProcessOf(thread);
  if (process == getpid()) return "another thread of this process has the write lock";
  if (process != 0) {
    return "process " + std::to_string(process) + " (" + NameOf(process) + ") may have the write lock";
  }
  return "another process or thread has the write lock; env.readers() lists processes that have the database open";
}

}  // namespace leasehold
