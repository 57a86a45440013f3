import {
  apply,
  isUint8Array,
  objectDefineProperty,
  typedArrayLength,
  weakSetAdd,
  weakSetHas,
} from '../base/primordials.ts';
import { leaseExpired } from './lease.ts';

type OnError = (this: Handle, message: string, errno: number, code: string) => void;
type Write = (this: Handle, flush: number, input: unknown, offset: number, length: number, ...output: never[]) => void;

/** The native object behind a zlib stream of Node. It calls `cb` when it has read its input, or `onerror` if it cannot. */
interface Handle {
  onerror?: OnError;
  cb?: () => void;
}

const HANDLES = ['Zlib', 'BrotliEncoder', 'BrotliDecoder', 'ZstdCompress', 'ZstdDecompress'];
const { message, code } = leaseExpired();
/** The arguments of `onerror` for an expired input. -2 is Z_STREAM_ERROR. */
const EXPIRED = [message, -2, code];

let guarded = false;

/**
 * Makes Node's asynchronous zlib fail with `ERR_LEASE_EXPIRED` when a Buffer that it reads has expired. Without this, Node reads the input
 * again after each chunk of output, with the length that the input had at first. If the length has become 0 by then, Node ends the process
 * (Node 20), or throws where nobody can catch the error. Before that, the thread pool may have read zeros.
 *
 * Called before the first Buffer that can expire is lent. Does nothing if this version of Node has another zlib. It finds the classes without
 * making a stream, since Node ends the process if a worker is terminated while it makes one.
 */
export function guardZlib(): void {
  if (guarded) return;
  guarded = true;
  try {
    const { binding } = process as unknown as {
      binding(name: string): Record<string, { prototype: { write: Write } }>;
    };
    const classes = apply(binding as never, process, ['zlib']) as ReturnType<typeof binding>;
    for (let i = 0; i < HANDLES.length; i++) guardHandles(classes[HANDLES[i] as string]?.prototype);
  } catch {
    // This runtime does not give access to the classes.
  }
}

function guardHandles(prototype: { write: Write } | undefined): void {
  const write = prototype?.write;
  if (typeof write !== 'function') return;
  objectDefineProperty(prototype as object, 'write', { value: guarding(write), writable: true, configurable: true });
}

/** The callbacks that `check` has made. A callback in this set must not be wrapped again. */
const checking = new WeakSet<WeakKey>();

/** Wraps `write`, which does one step in the thread pool. The steps of one input have the same `input` until all of it has been read. */
function guarding(write: Write): Write {
  return function (this: Handle, flush, input, offset, length, ...output): void {
    const { cb, onerror } = this;
    if (isUint8Array(input) && typeof cb === 'function' && typeof onerror === 'function') {
      if (typedArrayLength(input) < offset + length) {
        apply(onerror as never, this, EXPIRED);
        return;
      }
      if (length > 0 && !weakSetHas(checking, cb)) check(this, input, cb, onerror);
    }
    apply(write as never, this, [flush, input, offset, length, ...output]);
  };
}

/** Makes a handle fail at the end of its present input, if the input has expired by then. */
function check(handle: Handle, input: Uint8Array, cb: () => void, onerror: OnError): void {
  const checked = (): void => {
    handle.onerror = onerror;
    if (typedArrayLength(input) === 0) apply(onerror as never, handle, EXPIRED);
    cb();
  };
  weakSetAdd(checking, checked);
  handle.cb = checked;
  handle.onerror = (...error) => {
    apply(onerror as never, handle, typedArrayLength(input) === 0 ? EXPIRED : error);
  };
}
