// What a server answers, written to the memory that goes to a socket. lib/wire/protocol.ts explains the frames.
#ifndef LEASEHOLD_CORE_ANSWERS_H_
#define LEASEHOLD_CORE_ANSWERS_H_

#include <stdint.h>

#include <vector>

#include "core/range/range_options.h"
#include "core/store/transaction.h"

namespace leasehold {

// Memory to write to, from `at` on.
struct Output {
  uint8_t* data = nullptr;
  size_t size = 0;
  size_t at = 0;

  size_t room() const { return size - at; }
};

// Numbers of collections, as clients give them, with the ids of collections plus 1; 0 for a number that is not known.
struct CollectionIds {
  const uint32_t* ids = nullptr;
  size_t count = 0;
};

// The newest commit, as of which states are asked for: the transaction must see just the commits up to it. And the
// commit since which keys that are absent are told to be so; 0 if that is not the same for all, so that absent keys are
// left.
struct AsOf {
  uint64_t tid = 0;
  uint64_t absent = 0;
};

// Answers the frames GET that stand one after the other in `frames` from `*at` on, each with a frame VALUE. Moves `*at`
// behind the last one that was answered, and counts them. Stops at a frame that is not whole, of another kind, as of
// another commit, or for which there is no room; at a value that is too large for one frame; at an absent key that is
// left; and at what fails: whoever reads that frame alone finds out why.
void AnswerGets(Transaction* transaction, const CollectionIds& collections, const AsOf& as_of, Slice frames, size_t* at,
                Output* out, uint32_t* answered);

// Writes the states of keys, which stand in `keys` from `*at` on, each behind its length, as MANY has them. At most
// `count`; stops when there is no room, and at an absent key that is left. Moves `*at` behind the last one, and counts
// them. kInvalidArgument for a key that is not inside of `keys`.
Status AnswerMany(Transaction* transaction, Collection* collection, const AsOf& as_of, Slice keys, size_t* at,
                  uint32_t count, Output* out, uint32_t* answered);

struct PackedRows {
  uint32_t count = 0;
  size_t table = 0;      // where the table begins: offsets count from where the output began
  size_t needed = 0;     // if there is no room for the first row: how much there must be
  bool is_done = false;  // the range has ended
};

// Writes rows of a range, as ROWS has them: each key, the version of the row, its value; then the table. Of a value
// that is too large, only the row is written, with kValueLarge as its length. `keys_only`: without values, but with
// versions. The collection must have versions.
Status PackRows(Transaction* transaction, Collection* collection, RangeOptions&& options, bool keys_only, Output* out,
                PackedRows* packed);

}  // namespace leasehold

#endif  // LEASEHOLD_CORE_ANSWERS_H_
