import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { LeaseholdError } from '../base/errors.ts';
import { packageRoot } from '../base/package-root.ts';
import { apply } from '../base/primordials.ts';
import { CONTROL_SIZE } from './constants.ts';
import type { NativeFunctions } from './functions.ts';

/** The functions of the hot paths. Their callers check for `undefined` themselves. */
const HOT = [
  'readBegin',
  'readEnd',
  'get',
  'lendFound',
  'getPrivate',
  'takePrivate',
  'has',
  'rangeOpen',
  'rangeNext',
  'rangeNextPrivate',
  'rangeNextCopies',
  'rangeClose',
  'changeWritten',
  'findShared',
  'findState',
  'answerGets',
  'answerMany',
  'packRows',
] as const;

type Hot = (typeof HOT)[number];
type Answer<F> = F extends (...args: infer A) => infer R ? (...args: A) => R | undefined : never;
type Native = Omit<NativeFunctions, Hot> & { [Name in Hot]: Answer<NativeFunctions[Name]> };

/**
 * The answer of a native function. `undefined` means that the call failed and could not throw, which happens while another
 * thread terminates this one: for a moment Node-API refuses whatever could run JavaScript, but JavaScript still runs. Then this
 * throws `ERR_ENV_CLOSED`.
 */
export function answered<T>(answer: T | undefined): T {
  if (answer === undefined) throw terminated();
  return answer;
}

/** The error to throw for `undefined`. Callers that must not make a call once they have the answer use it instead of `answered`. */
export function terminated(): LeaseholdError {
  return new LeaseholdError('ERR_ENV_CLOSED', 'this thread is being terminated, and can call no native code any more');
}

type NativeFunction = (...args: unknown[]) => unknown;

/** A function that calls `call`, and throws if the answer is `undefined`. */
function answering(call: NativeFunction): NativeFunction {
  return (...args) => {
    // Not `call(...args)`: spreading calls the iterator of arrays, which a program can patch. And no call comes after this one: the
    // stack could overflow in it, when the work is done already.
    const answer = apply(call, undefined, args);
    if (answer === undefined) throw terminated();
    return answer;
  };
}

function load(): Native {
  try {
    const nodeGypBuild = createRequire(import.meta.url)('node-gyp-build') as { resolve(root: string): string };
    const functions = { ...instantiate(nodeGypBuild.resolve(packageRoot)) };
    for (const [name, call] of Object.entries(functions)) {
      if (!(HOT as readonly string[]).includes(name)) functions[name] = answering(call);
    }
    // A literal copies the functions into an object with a hidden class and constant fields. So V8 knows each function when it
    // compiles a call of it, which saves 5 ns a call.
    return Object.setPrototypeOf({ ...functions }, null) as Native;
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === 'ERR_DLOPEN_FAILED'
        ? `it is there, but does not load (${(cause as Error).message})`
        : 'there is no prebuilt binary, and none was compiled here';
    throw new LeaseholdError(
      'ERR_NATIVE_LOAD',
      `leasehold's native addon could not be loaded for ${process.platform}-${process.arch}, Node ${process.version}: ${why}. ` +
        "Run 'npm rebuild leasehold' with python3, make and g++ installed.",
      { cause },
    );
  }
}

/**
 * An instance of the addon only for this copy of the JavaScript. A thread can load leasehold's JavaScript more than once (two
 * chunks of a bundle, `vi.resetModules()`, a query in an import). `require` would give all copies one instance, and each copy
 * would replace the buffers of the one before.
 */
function instantiate(path: string): Record<string, NativeFunction> {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports;
}

/** The addon, which is loaded only here. */
export const native: Native = load();
if (!isMainThread) native.watchThreadEnd();

/** Numbers that native code reads, or writes beside a result. One array for each thread. */
export const control: Uint32Array = new Uint32Array(CONTROL_SIZE);
