// The results of native functions.
#ifndef LEASEHOLD_ADDON_RESULTS_H_
#define LEASEHOLD_ADDON_RESULTS_H_

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "addon/node_addon_api.h"

namespace leasehold {

// Raw Node-API, since hot functions return these. Napi::Number::New makes a double of an integer, and its handling of
// errors costs 5 ns a call.
inline Napi::Value FromInt32(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return Napi::Value(env, result);
}

inline Napi::Value FromDouble(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return Napi::Value(env, result);
}

inline Napi::Value FromBool(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return Napi::Value(env, result);
}

// The result of a function that has none: true, since undefined means that a function has failed.
inline Napi::Value Done(napi_env env) { return FromBool(env, true); }

// The result of a function that has found nothing.
inline Napi::Value Null(napi_env env) { return Napi::Env(env).Null(); }

using Properties = std::initializer_list<std::pair<const char*, napi_value>>;

// Defines properties of an object. Setting a property instead would call a setter that the program has put on
// Object.prototype, and the object would not get the property. False if Node-API refuses.
inline bool DefineProperties(Napi::Object object, Properties properties) {
  std::vector<Napi::PropertyDescriptor> descriptors;
  descriptors.reserve(properties.size());
  for (const auto& [name, value] : properties) {
    descriptors.push_back(Napi::PropertyDescriptor::Value(name, value, napi_default_jsproperty));
  }
  return object.DefineProperties(descriptors);
}

// A plain object with these properties; empty if Node-API refuses it.
inline Napi::Value FromProperties(Napi::Env env, Properties properties) {
  const Napi::Object object = Napi::Object::New(env);
  if (!DefineProperties(object, properties)) return {};
  return object;
}

// A plain object with these numbers.
inline Napi::Value FromNumbers(Napi::Env env, std::initializer_list<std::pair<const char*, double>> numbers) {
  const Napi::Object object = Napi::Object::New(env);
  for (const auto& [name, number] : numbers) {
    if (!DefineProperties(object, {{name, FromDouble(env, number)}})) return {};
  }
  return object;
}

// An array of these elements, which are defined too; empty if Node-API refuses it.
inline Napi::Value FromElements(Napi::Env env, const std::vector<Napi::Value>& elements) {
  const Napi::Array array = Napi::Array::New(env);
  for (size_t i = 0; i < elements.size(); i++) {
    if (!DefineProperties(array, {{std::to_string(i).c_str(), elements[i]}})) return {};
  }
  return array;
}

}  // namespace leasehold

#endif  // LEASEHOLD_ADDON_RESULTS_H_
