#include "core/formats/tuple.h"

#include <string.h>

namespace leasehold {
namespace {

constexpr size_t kBad = SIZE_MAX;
// The limit of lib/key/tuple-format.ts.
constexpr int kDeepest = 256;

size_t Fail(TupleFault* fault, const char* what, size_t offset) {
  *fault = {what, offset};
  return kBad;
}

bool IsEscape(Slice key, size_t position) { return position < key.size && key.data[position] == 0xff; }

size_t SkipText(Slice key, size_t start, TupleFault* fault) {
  for (size_t i = start + 1; i < key.size; i += 2) {
    const void* zero = memchr(key.data + i, 0, key.size - i);
    if (zero == nullptr) break;
    i = static_cast<size_t>(static_cast<const uint8_t*>(zero) - key.data);
    if (!IsEscape(key, i + 1)) return i + 1;
  }
  return Fail(fault, "a string or bytes without an end", start);
}

// These give the place just behind the element at `start`; kBad, with `*fault`, if it is malformed. This one is for
// every element but a nested tuple.
size_t SkipFlat(Slice key, size_t start, TupleFault* fault) {
  const uint8_t code = key.data[start];
  size_t size;
  if (code == kTupleText || code == kTupleBytes) return SkipText(key, start, fault);
  if (code > kTupleLongNegative && code < kTupleLongPositive) {
    size = code < kTupleZero ? kTupleZero - code : code - kTupleZero;
  } else {
    switch (code) {
      case kTupleNull:
      case kTupleFalse:
      case kTupleTrue:
        size = 0;
        break;
      case kTupleDouble:
        size = 8;
        break;
      case kTupleFloat:
        size = 4;
        break;
      case kTupleUuid:
        size = 16;
        break;
      case kTupleVersionstamp:
        size = 12;
        break;
      case kTupleLongPositive:
      case kTupleLongNegative:
        size = 1;
        if (start + 1 < key.size) size += key.data[start + 1] ^ (code == kTupleLongNegative ? 0xff : 0);
        break;
      default:
        return Fail(fault, "an unknown code", start);
    }
  }
  if (size > key.size - start - 1) return Fail(fault, "an element cut short", start);
  return start + 1 + size;
}

size_t SkipNested(Slice key, size_t start, TupleFault* fault) {
  int depth = 0;
  size_t next = start;
  while (next < key.size) {
    if (key.data[next] == kTupleNested) {
      if (++depth > kDeepest) return Fail(fault, "tuples nested too deep", next);
      next++;
    } else if (key.data[next] == kTupleNull) {
      if (IsEscape(key, next + 1)) {
        next += 2;
      } else {
        next++;
        if (--depth == 0) return next;
      }
    } else {
      next = SkipFlat(key, next, fault);
      if (next == kBad) return kBad;
    }
  }
  return Fail(fault, "a nested tuple without an end", start);
}

}  // namespace

Element FindElement(Slice key, uint32_t index, Slice* element, TupleFault* fault) {
  size_t start = 0;
  for (uint32_t i = 0; start < key.size; i++) {
    const size_t end = key.data[start] == kTupleNested ? SkipNested(key, start, fault) : SkipFlat(key, start, fault);
    if (end == kBad) return Element::kMalformed;
    if (i == index) {
      *element = Slice{key.data + start, end - start};
      return Element::kHere;
    }
    start = end;
  }
  return Element::kNone;
}

bool HasEscapes(Slice content) { return content.size > 0 && memchr(content.data, 0, content.size) != nullptr; }

std::string Unescape(Slice content) {
  std::string plain;
  plain.reserve(content.size);
  for (size_t i = 0; i < content.size; i++) {
    plain.push_back(static_cast<char>(content.data[i]));
    if (content.data[i] == 0) i++;
  }
  return plain;
}

}  // namespace leasehold
