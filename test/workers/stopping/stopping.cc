// Puts this thread into the state in which another one's terminate() leaves it for a moment, or for longer if that
// other thread loses the processor just then: Node-API refuses whatever could run JavaScript, while V8 has not been told
// yet to stop the JavaScript that runs.
#include <node.h>

namespace {

void Stop(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  node::Stop(node::GetCurrentEnvironment(isolate->GetCurrentContext()));
  isolate->CancelTerminateExecution();
}

}  // namespace

NODE_MODULE_INIT() { NODE_SET_METHOD(exports, "stop", Stop); }
