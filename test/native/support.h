// Helpers of the programs that run the engine core in threads.
#ifndef LEASEHOLD_TEST_NATIVE_SUPPORT_H_
#define LEASEHOLD_TEST_NATIVE_SUPPORT_H_

#include <stdio.h>
#include <stdlib.h>

#include <memory>
#include <string>

#include "core/store/environment.h"
#include "core/status.h"
#include "core/store/read_transaction.h"
#include "core/store/write_transaction.h"

namespace leasehold {

[[noreturn]] inline void Fail(const std::string& what) {
  fprintf(stderr, "%s\n", what.c_str());
  exit(1);
}

inline void Check(const Status& status, const char* what) {
  if (!status.ok()) Fail(std::string(what) + ": " + status.Name() + ": " + status.Message());
}

// The collection of that name. Makes it if it is absent.
inline Collection* MakeCollection(Environment* environment, const char* name) {
  std::unique_ptr<WriteTransaction> transaction;
  Collection* collection;
  Check(WriteTransaction::Begin(environment, Deadline(), &transaction), "begin");
  Check(transaction->MakeCollection(name, 0, &collection), "collection");
  Check(transaction->Commit(), "commit");
  return collection;
}

}  // namespace leasehold

#endif  // LEASEHOLD_TEST_NATIVE_SUPPORT_H_
