// The entries of a range as an optimistic transaction sees them: those of its snapshot, and its own writes.
#ifndef LEASEHOLD_CORE_OVERLAY_ROWS_H_
#define LEASEHOLD_CORE_OVERLAY_ROWS_H_

#include <memory>
#include <string>
#include <vector>

#include "core/range/range_options.h"
#include "core/rows/rows.h"
#include "core/store/read_transaction.h"
#include "core/transact/overlay.h"

namespace leasehold {

// Describes the entries of the snapshot in the map itself, so that they can be lent. Gives own writes by Step. All stay
// valid until the transaction ends. Each call sees all that was written since the last call. Notes what was read: from
// the beginning of the range up to the last entry that was given, or up to the end of the range if that was reached.
// Must be destroyed before the transaction.
class OverlayRows final : public Rows {
 public:
  static Status Open(ReadTransaction* transaction, Overlay* overlay, Overlay::Work* work, RangeOptions&& options,
                     std::unique_ptr<Rows>* rows);

  Status Fill(leasehold_row* rows, uint32_t max, size_t budget, Batch* batch) override;
  Status Step(Slice* key, Slice* value, bool* found) override;
  Status Seek(const RangeBound& place, uint64_t unread) override;
  Status Count(uint64_t* count) override;
  bool TakeBack(uint32_t count) override;

 private:
  enum class Next { kNone, kStored, kOwn };

  OverlayRows(ReadTransaction* transaction, Overlay* overlay, Overlay::Work* work, RangeOptions&& options)
      : Rows(options.LeadIn(*work->collection)),
        transaction_(transaction),
        overlay_(overlay),
        work_(work),
        options_(std::move(options)),
        range_(options_),
        rest_(range_),
        noted_(options_.reverse ? range_.to : range_.from),
        to_skip_(options_.offset) {}

  // Leaves out the entries of the range's offset, and begins the range behind them. To be called first by every reader.
  Status SkipOffset();
  // The next entry, whatever the limit; `*found` is false at the end. Neither notes nor counts it.
  Status Take(Slice* key, Slice* value, bool* found);

  // Finds which entry comes next, and drops entries of the snapshot that the transaction has replaced or deleted.
  Status Find(uint32_t max, size_t budget, Next* next);
  // The first write behind the last entry; end() if there is none in the range.
  Overlay::Writes::const_iterator NextWrite() const;
  // Whether `a` comes before `b` in the direction of the range.
  bool ComesBefore(std::string_view a, std::string_view b) const { return options_.reverse ? b < a : a < b; }

  // Opens the snapshot's entries of a part of the range.
  Status OpenStored(const KeyRange& range);
  // Goes on behind a cleared range.
  Status SkipCleared(const KeyRange& cleared);
  // Reads further entries of the snapshot if none is left.
  Status ReadStored(uint32_t max, size_t budget);
  bool has_stored() const { return stored_at_ < batch_.count || stepped_; }
  Slice KeyOfRow(size_t i) const { return Slice{batch_.keys + rows_[i].key_offset, rows_[i].key_length}; }
  Slice StoredKey() const { return stepped_ ? stepped_key_ : KeyOfRow(stored_at_); }
  void DropStored() {
    if (stepped_)
      stepped_ = false;
    else
      stored_at_++;
  }
  // How many of the entries that were read can be given together.
  uint32_t RunLength(uint32_t max, size_t budget, size_t* bytes) const;

  // To be called when entries were given, the last of them with this key.
  void SetLast(Slice key, uint32_t count);
  void NoteEnd();

  ReadTransaction* const transaction_;
  Overlay* const overlay_;
  Overlay::Work* const work_;
  const RangeOptions options_;
  KeyRange range_;
  KeyRange rest_;  // the part of the range that is read: from the place that was sought, if any

  // The snapshot's entries. Those that were read and not given are the rows of `batch_` from `stored_at_` on, or one
  // entry that could not be described.
  std::unique_ptr<Rows> stored_;
  Batch batch_;
  std::vector<leasehold_row> rows_;
  uint32_t stored_at_ = 0;
  bool stepped_ = false;
  Slice stepped_key_;
  Slice stepped_value_;

  uint64_t given_ = 0;
  uint32_t filled_ = 0;  // how many entries the last Fill has given
  bool placed_ = false;
  Slice last_;                           // the key that was given last, or of a deletion behind it
  Overlay::Writes::const_iterator own_;  // set by Find
  std::string noted_;                    // how far the range was noted as read
  uint64_t to_skip_;                     // how many entries SkipOffset has not left out yet
};

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_OVERLAY_ROWS_H_
