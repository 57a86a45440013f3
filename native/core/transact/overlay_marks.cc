// Marks in an optimistic transaction, back to which its changes can be taken back.
#include "core/transact/overlay.h"

namespace leasehold {

void Overlay::ClearRange(Work* work, KeyRange range) {
  const auto first = work->writes.lower_bound(range.from);
  const auto last = range.to.empty() ? work->writes.end() : work->writes.lower_bound(range.to);
  if (!marks_.empty()) {
    for (auto write = first; write != last; ++write) NoteUndo(work, write->first, &write->second);
    undo_.push_back({work, {}, std::nullopt, work->cleared});
  }
  work->writes.erase(first, last);
  work->cleared.Add(std::move(range));
}

Status Overlay::EndMark(bool take_back) {
  if (marks_.empty()) return Status(kInvalidArgument, "the transaction has no mark");
  const size_t length = marks_.back();
  marks_.pop_back();
  for (; take_back && undo_.size() > length; undo_.pop_back()) {
    Undo& undo = undo_.back();
    if (undo.cleared) {
      undo.work->cleared = std::move(*undo.cleared);
    } else if (undo.write) {
      undo.work->writes.insert_or_assign(undo.key, *undo.write);
    } else {
      undo.work->writes.erase(undo.key);
    }
  }
  if (marks_.empty()) undo_.clear();
  return Status();
}

Status Overlay::Expect(Collection* collection, Slice key, uint64_t version) {
  Work* work;
  Status status = Use(collection, &work);
  if (!status.ok()) return status;
  const auto found = work == nullptr ? Writes::iterator() : work->writes.find(ViewOf(key));
  if (work == nullptr || found == work->writes.end()) {
    return Status(kInvalidArgument, "the transaction has not written this key");
  }
  found->second.version = version;
  return Status();
}

}  // namespace leasehold
