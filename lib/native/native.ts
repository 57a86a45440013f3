import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { LeaseholdError } from '../base/errors.ts';
import { packageRoot } from '../base/package-root.ts';
import { apply } from '../base/primordials.ts';
import type { NativeFunctions } from './functions.ts';

/**
 * Indices of the control block, a Uint32Array that native code fills beside what a call returns, or reads. WINDOW and EXTENT come
 * in pairs: the window that a batch's keys or values lie in, and how many bytes of that window the snapshot may use.
 */
export const CONTROL_BASE = 0;
export const CONTROL_KEY_WINDOW = 1;
export const CONTROL_VALUE_WINDOW = 2;
export const CONTROL_KEY_EXTENT = 3;
export const CONTROL_VALUE_EXTENT = 4;
export const CONTROL_KEY_LENGTH = 5;
export const CONTROL_VALUE_LENGTH = 6;
export const CONTROL_DONE = 7;
export const CONTROL_ROWS = 8;
export const CONTROL_BYTES = 9;
export const CONTROL_GENERATION = 10;
export const CONTROL_BYTES_HIGH = 11;
/** The second lease of a call that fills two. Its rows stand directly behind those of the first one. */
export const CONTROL_OTHER_KEY_WINDOW = 12;
export const CONTROL_OTHER_VALUE_WINDOW = 13;
export const CONTROL_OTHER_KEY_EXTENT = 14;
export const CONTROL_OTHER_VALUE_EXTENT = 15;
/**
 * What `putWritten` reads, with the two lengths above: an argument costs more than a word here. CONTROL_TRANSACTION also
 * names what is left out in `readBegin` and `readEnd`.
 */
export const CONTROL_TRANSACTION = 16;
export const CONTROL_COLLECTION = 17;
export const CONTROL_OFFSET = 18;
export const CONTROL_KIND = 19;
/** Grows with each call that may change what a write transaction of this thread sees. */
export const CONTROL_CHANGES = 20;
const CONTROL_SIZE = 21;

/** What a hot call returns instead of a count or a row when it needs something first. */
export const NEEDS_TABLE = -1;
export const NOT_FOUND = -2;
export const NEEDS_LEASE = -3;
export const PRIVATE_ROW = -4;

/** What `getMany` says of a key that is absent, and of one whose value cannot be lent. */
export const MANY_ABSENT = 0xffffffff;
export const MANY_PRIVATE = 0xfffffffe;

export const RANGE_LOWER = 1;
export const RANGE_LOWER_OPEN = 2;
export const RANGE_UPPER = 4;
export const RANGE_UPPER_OPEN = 8;
export const RANGE_REVERSE = 16;
export const RANGE_KEYS_ONLY = 32;
export const RANGE_REAIMED = 64;

export const JOIN_INNER = 0;
export const JOIN_LEFT = 1;
export const JOIN_SEMI = 2;
export const JOIN_ANTI = 3;
export const JOIN_MERGES = 1;

export const OPEN_READ_ONLY = 1;
export const OPEN_NO_METASYNC = 2;
export const OPEN_NO_SYNC = 4;
export const OPEN_DURABILITY_GIVEN = 8;
export const OPEN_COPY = 16;
export const OPEN_MEMORY_GIVEN = 32;
export const OPEN_NO_LOCK = 64;
export const OPEN_LOCK_GIVEN = 128;
export const OPEN_PERIODIC = 256;

export const COLLECTION_DUPSORT = 1;

/** What `blockLend` says if it cannot lend. */
export const BLOCK_ENDED = 1;
export const BLOCK_NOT_LENT = 2;

/** The kinds of a change. */
export const CHANGE_PUT = 0;
export const CHANGE_PUT_NEW = 1;
export const CHANGE_APPEND = 2;
export const CHANGE_DELETE = 3;
export const CHANGE_DELETE_VALUE = 4;
export const CHANGE_CLEAR = 5;

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
    throw new LeaseholdError(
      'ERR_NATIVE_LOAD',
      `leasehold's native addon could not be loaded for ${process.platform}-${process.arch}, Node ${process.version}: ` +
        "there is no prebuild for it, and none was compiled here. Run 'npm rebuild leasehold' with python3, make and g++ installed.",
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
