// How a call of the core ended, and bytes that somebody else owns: what nearly all of the core uses.
#ifndef LEASEHOLD_CORE_STATUS_H_
#define LEASEHOLD_CORE_STATUS_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <memory>
#include <string>
#include <utility>

namespace leasehold {

// Leasehold's own codes. LMDB's are from -30799 up, an errno is positive.
enum Code : int {
  kOk = 0,
  kTxnEnded = -1000,
  kEnvClosed,
  kBusy,
  kReadOnly,
  kNoCollection,
  kKeySize,
  kValueSize,
  kKeyOrder,
  kCodec,
  kInvalidArgument,
  kInvalidType,
  kLeaseBudget,
  kJoinMemory,
  kConflict,
};

// OK, or an error: a code of LMDB's, an errno, or a Code.
class [[nodiscard]] Status {
 public:
  Status() = default;
  // `detail` replaces the message that the code has in general.
  explicit Status(int code) : code_(code) {}
  Status(int code, std::string detail) : code_(code), detail_(std::make_unique<std::string>(std::move(detail))) {}
  Status(Status&&) = default;
  Status& operator=(Status&&) = default;
  Status(const Status& other) : code_(other.code_) {
    if (other.detail_) detail_ = std::make_unique<std::string>(*other.detail_);
  }

  bool ok() const { return code_ == kOk; }
  int code() const { return code_; }
  // The `code` that JavaScript sees: "ERR_TXN_ENDED", "MDB_MAP_FULL", "ENOSPC".
  std::string Name() const;
  // What happened and what to do, in a sentence or two.
  std::string Message() const;

 private:
  int code_ = kOk;
  std::unique_ptr<std::string> detail_;
};

// Bytes that somebody else owns.
struct Slice {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

// -1, 0 or 1 in LMDB's order of keys: by the bytes, and if one begins with the other, the shorter one first.
inline int Compare(Slice a, Slice b) {
  const size_t common = a.size < b.size ? a.size : b.size;
  const int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
  if (order != 0) return order < 0 ? -1 : 1;
  return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

inline bool IsSame(Slice a, Slice b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_STATUS_H_
