#include "core/versions/conflict.h"

#include <algorithm>
#include <string>

namespace leasehold {
namespace {

constexpr size_t kMostShownBytes = 64;

// A key in quotes if it is printable ASCII, else its bytes in hexadecimal.
std::string Show(Slice key) {
  const size_t shown = std::min(key.size, kMostShownBytes);
  const char* more = shown < key.size ? "…" : "";
  std::string text;
  if (std::all_of(key.data, key.data + shown, [](uint8_t byte) { return byte >= 0x20 && byte < 0x7f; })) {
    text += '\'';
    text.append(reinterpret_cast<const char*>(key.data), shown).append(more);
    return text += '\'';
  }
  constexpr char kDigits[] = "0123456789abcdef";
  text += "0x";
  for (size_t i = 0; i < shown; i++) text += {kDigits[key.data[i] >> 4], kDigits[key.data[i] & 15]};
  return text += more;
}

}  // namespace

Status Conflict(const Change& condition) {
  const std::string version = std::to_string(condition.version);
  const std::string title = condition.collection->Title();
  if (condition.kind == ChangeKind::kCommitId) {
    return Status(kConflict, "the commit " + Show(condition.key) + " was applied before");
  }
  if (condition.kind == ChangeKind::kCheckRange) {
    return Status(kConflict,
                  "in " + title + ", a range has changed since version " + version + ": read it again, and try again");
  }
  return Status(kConflict,
                "in " + title + ", the key " + Show(condition.key) +
                    (condition.version == 0 ? " is not absent" : " has not version " + version + " any more") +
                    ": read it again, and try again");
}

}  // namespace leasehold
