// The one header that includes node-addon-api, and the rules by which the addon uses it.
//
// A native function is a `Napi::Value f(const Napi::CallbackInfo&)`. It returns an empty value if it failed, which
// JavaScript sees as undefined: an exception is pending, or the thread is being terminated. In such a thread Node-API
// refuses whatever could run JavaScript, throwing included, while JavaScript still runs until V8 has been told to stop
// it. node-addon-api is compiled so that it then goes on without an exception (binding.gyp). It still ends the process
// if it is to throw while another exception is pending, and for a handle scope or a threadsafe function that is
// misused: throw by Addon::Throw alone, which looks first.
//
// Raw Node-API stands in three places. Functions that a hot path calls are raw callbacks; addon.h gives the figures.
// Arguments are read raw, since the status of one call tells whether an argument is of the right type (arguments.h).
// And where node-addon-api lacks something: a comment there says what.
#ifndef LEASEHOLD_ADDON_NODE_ADDON_API_H_
#define LEASEHOLD_ADDON_NODE_ADDON_API_H_

#include <napi.h>

#endif  // LEASEHOLD_ADDON_NODE_ADDON_API_H_
