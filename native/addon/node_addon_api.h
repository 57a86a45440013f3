// The one header that includes node-addon-api, and the rules by which the addon uses it.
//
// A native function is a `Napi::Value f(const Napi::CallbackInfo&)`. If it fails, it returns an empty value, which
// JavaScript sees as undefined. Then an exception is pending, or the thread is being terminated. In a thread that is
// being terminated, Node-API refuses all calls that could run JavaScript, and also throwing, while JavaScript may still
// run for a moment. node-addon-api is compiled so that it then goes on without an exception (binding.gyp).
//
// node-addon-api ends the process if it has to throw while another exception is pending, and if a handle scope or a
// threadsafe function is misused. So throw only by Addon::Throw, which checks this first.
//
// Raw Node-API is used in three places. Functions of hot paths are raw callbacks; addon.h has the figures. Arguments
// are read raw, since the status of one call says whether an argument has the right type (arguments.h). And where
// node-addon-api lacks something, a comment says what.
#ifndef LEASEHOLD_ADDON_NODE_ADDON_API_H_
#define LEASEHOLD_ADDON_NODE_ADDON_API_H_

#include <napi.h>

#endif  // LEASEHOLD_ADDON_NODE_ADDON_API_H_
