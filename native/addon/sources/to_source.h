// Reads arguments that name a source.
#ifndef LEASEHOLD_ADDON_TO_SOURCE_H_
#define LEASEHOLD_ADDON_TO_SOURCE_H_

#include "addon/arguments.h"
#include "addon/sources/buffer_source.h"

namespace leasehold {

// A source is named by the handle of a read transaction, ended or not, or by the object that wraps a BufferSource.
inline bool ToSource(const ArgumentReader& arguments, size_t i, Source** result) {
  const Napi::Env env = arguments.addon()->env;
  if (Napi::Value(env, arguments[i]).IsObject()) {
    *result = BufferSource::Of(env, arguments[i]);
    return *result != nullptr || arguments.Fail(i, "a source");
  }
  ReadTransaction* transaction;
  if (!arguments.LendingRead(i, &transaction)) return false;
  *result = &transaction->source;
  return true;
}

inline bool ToBufferSource(const ArgumentReader& arguments, size_t i, BufferSource** result) {
  *result = BufferSource::Of(arguments.addon()->env, arguments[i]);
  return *result != nullptr || arguments.Fail(i, "a source that lends an ArrayBuffer");
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_TO_SOURCE_H_
