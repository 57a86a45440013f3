#include "core/memory/lease.h"

#include <string.h>

namespace leasehold {

const leasehold_sink_descriptor kLeaseSink = LEASEHOLD_SINK_DESCRIPTOR([](leasehold_source*, leasehold_node* node) {
  delete static_cast<Lease*>(node);
  return 1;
});

void Lease::Move(uint8_t* memory) const {
  auto* moved = reinterpret_cast<leasehold_row*>(memory);
  size_t position = count * sizeof(leasehold_row);
  for (uint32_t i = 0; i < count; i++) {
    const leasehold_row row = rows[i];
    // In the pairs of a join, an entry is repeated for each of its matches.
    if (i > 0 && memcmp(&row, &rows[i - 1], sizeof(row)) == 0) {
      moved[i] = moved[i - 1];
      continue;
    }
    memcpy(memory + position, keys + row.key_offset, row.key_length);
    moved[i].key_offset = static_cast<uint32_t>(position);
    moved[i].key_length = row.key_length;
    position += row.key_length;
    // A row of a join that stands for no entry has no header.
    const uint32_t header = row.value_offset < lead ? 0 : lead;
    memcpy(memory + position, values + row.value_offset - header, size_t{header} + row.value_length);
    moved[i].value_offset = static_cast<uint32_t>(position + header);
    moved[i].value_length = row.value_length;
    position += size_t{header} + row.value_length;
  }
}

}  // namespace leasehold
