import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { LeaseholdError } from '../base/errors.ts';
import { packageRoot } from '../base/package-root.ts';
import { apply } from '../base/primordials.ts';
import { CONTROL_SIZE } from './constants.ts';
import type { NativeFunctions } from './functions.ts';

/** The functions of the hot paths, whose callers look at the answers themselves. */
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
  'putWritten',
] as const;

type Hot = (typeof HOT)[number];
type Answer<F> = F extends (...args: infer A) => infer R ? (...args: A) => R | undefined : never;
type Native = Omit<NativeFunctions, Hot> & { [Name in Hot]: Answer<NativeFunctions[Name]> };

/**
 * What a native function answered. Undefined: it failed, and could not throw. So it is for a moment in a thread that
 * another one terminates: Node-API refuses whatever could run JavaScript, while V8 has yet to be told to stop the
 * JavaScript that runs. `ERR_ENV_CLOSED`.
 */
export function answered<T>(answer: T | undefined): T {
  if (answer === undefined) throw terminated();
  return answer;
}

/** For callers that may call nothing once they have the answer. */
export function terminated(): LeaseholdError {
  return new LeaseholdError('ERR_ENV_CLOSED', 'this thread is being terminated, and can call no native code any more');
}

type NativeFunction = (...args: unknown[]) => unknown;

/** The same function, which throws instead of answering undefined. */
function answering(call: NativeFunction): NativeFunction {
  return (...args) => {
    // Not spread, which would hand what it is given to the iterator of arrays that a program can patch; and with nothing
    // called after it, which could fail for want of stack when the work is done.
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
    // A copy, made by a literal once all functions are there: it has a hidden class and constant fields, so that V8 knows
    // the functions where it compiles calls of them, 5 ns less a call.
    return Object.setPrototypeOf({ ...functions }, null) as Native;
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === 'ERR_DLOPEN_FAILED'
        ? `the one that is there does not load (${(cause as Error).message})`
        : 'there is no prebuild for it, and none was compiled here';
    throw new LeaseholdError(
      'ERR_NATIVE_LOAD',
      `leasehold's native addon could not be loaded for ${process.platform}-${process.arch}, Node ${process.version}: ${why}. ` +
        "Run 'npm rebuild leasehold' with python3, make and g++ installed.",
      { cause },
    );
  }
}

/**
 * An instance of the addon that belongs to this copy of the JavaScript alone. `require` would give one instance to every
 * copy in the thread (two chunks of a bundle, `vi.resetModules()`, a query in an import), and each would take the buffers
 * away that the one before had attached.
 */
function instantiate(path: string): Record<string, NativeFunction> {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports;
}

/** The one place where the addon is loaded. */
export const native: Native = load();
if (!isMainThread) native.watchThreadEnd();

/** What native code writes beside a result. One block a thread. */
export const control: Uint32Array = new Uint32Array(CONTROL_SIZE);
