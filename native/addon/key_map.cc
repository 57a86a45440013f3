// Hashes keys of a KeyMap, a batch at a time.
#include <bit>

#include "addon/arguments.h"
#include "core/formats/keyed_hash.h"

namespace leasehold {
namespace {

// hashKeys(bytes, table, base, places, begin, end, seed0, seed1, cells)
Napi::Value HashKeys(const Napi::CallbackInfo& info) {
  const Arguments<9> arguments(info);
  Addon* addon = arguments.addon();
  void* memory[4];
  size_t size[4];
  uint32_t base;
  uint32_t begin;
  uint32_t end;
  uint32_t seed0;
  uint32_t seed1;
  if (!arguments.TypedArray(0, napi_uint8_array, &memory[0], &size[0]) ||
      !arguments.TypedArray(1, napi_uint32_array, &memory[1], &size[1]) || !arguments.Uint32(2, &base) ||
      !arguments.TypedArray(3, napi_uint32_array, &memory[2], &size[2]) || !arguments.Uint32(4, &begin) ||
      !arguments.Uint32(5, &end) || !arguments.Uint32(6, &seed0) || !arguments.Uint32(7, &seed1) ||
      !arguments.TypedArray(8, napi_uint32_array, &memory[3], &size[3])) {
    return {};
  }
  if (end > size[2]) return addon->ThrowType("argument 5 must be at most the number of places");
  const size_t cell_count = size[3] / 2;
  if (size[3] % 2 != 0 || cell_count < 2 || !std::has_single_bit(cell_count) || cell_count > size_t{1} << 31) {
    return addon->ThrowType("argument 8 must be a power of two of cells");
  }
  const auto* bytes = static_cast<const uint8_t*>(memory[0]);
  const auto* table = static_cast<const uint32_t*>(memory[1]);
  auto* places = static_cast<uint32_t*>(memory[2]);
  const auto* cells = static_cast<const uint32_t*>(memory[3]);
  const int shift = 32 - std::countr_zero(cell_count);
  const KeyedHash hash(seed0, seed1);
  for (uint32_t i = begin; i < end; i++) {
    const size_t place = size_t{base} + places[i];
    if (place + 2 > size[1]) return addon->ThrowType("a place must be inside of the table");
    const uint32_t offset = table[place];
    const uint32_t length = table[place + 1];
    if (offset > size[0] || length > size[0] - offset) return addon->ThrowType("a key must be inside of the bytes");
    places[i] = hash(bytes + offset, length);
    __builtin_prefetch(cells + 2 * size_t{places[i] >> shift}, 1);
  }
  return Done(info.Env());
}

}  // namespace

Functions KeyMapFunctions() { return {{"hashKeys", Callback<HashKeys>}}; }

}  // namespace leasehold
