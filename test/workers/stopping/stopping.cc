// Puts this thread into the state in which terminate(), called by another thread, leaves it for a moment: Node-API
// refuses calls that could run JavaScript, but V8 has not yet been told to stop the JavaScript that runs. The state
// lasts longer if the other thread loses the processor just then.
#include <node.h>

namespace {

void Stop(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  node::Stop(node::GetCurrentEnvironment(isolate->GetCurrentContext()));
  isolate->CancelTerminateExecution();
}

}  // namespace

NODE_MODULE_INIT() { NODE_SET_METHOD(exports, "stop", Stop); }
