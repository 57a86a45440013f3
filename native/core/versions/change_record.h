// The record of a commit in the log of changes. docs/format.md draws it; lib/versions/change-record.ts reads it too.
#ifndef LEASEHOLD_CORE_CHANGE_RECORD_H_
#define LEASEHOLD_CORE_CHANGE_RECORD_H_

#include <string>
#include <vector>

#include "core/versions/commit_notes.h"

namespace leasehold {

constexpr size_t kNonceBytes = 8;

// What a record has of the commit itself.
struct CommitStamp {
  uint8_t nonce[kNonceBytes];
  uint64_t time;  // in ms since 1970

  // Takes the time, and a nonce from the system.
  static Status Make(CommitStamp* stamp);
};

// Of notes that are finished.
std::string EncodeRecord(const CommitStamp& stamp, const CommitNotes& notes);

// Gives whether the commit may have changed a key of a collection between bounds. kCodec if the record is damaged, or
// in a format that this version does not know.
Status RecordTouches(Slice record, const std::string& collection, const RangeParts& range, bool* touches);

// What a record tells of one collection. Without `has_keys` it tells only bounds: any key between them may have
// changed.
struct RecordedChange {
  bool has_keys = true;
  std::vector<Slice> keys;  // in the record
};
// Nothing is told of a collection that the commit did not change. kCodec as above.
Status ReadChange(Slice record, const std::string& collection, RecordedChange* change);

// Gives whether the commit has this id. kCodec as above.
Status RecordHasId(Slice record, const std::string& id, bool* has);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_CHANGE_RECORD_H_
