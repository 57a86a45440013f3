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

/** What stands behind one of Node's zlib streams; it calls one of these two when it has read its input, or cannot. */
interface Handle {
  onerror?: OnError;
  cb?: () => void;
}

const HANDLES = ['Zlib', 'BrotliEncoder', 'BrotliDecoder', 'ZstdCompress', 'ZstdDecompress'];
const { message, code } = leaseExpired();
/** What `onerror` is called with; -2 is Z_STREAM_ERROR. */
const EXPIRED = [message, -2, code];

let guarded = false;

/**
 * Has Node's asynchronous zlib fail with `ERR_LEASE_EXPIRED` when a Buffer expires that it reads. Node comes back to its
 * input after each chunk of output, by the length that it had at first: it ends the process (Node 20), or throws where
 * nobody can catch it, if that has become 0 by then. And what the thread pool read meanwhile may have been zeros.
 *
 * Called before the first Buffer is lent that can expire. Where Node's zlib is made otherwise, nothing changes. The
 * classes are had without making a stream: Node ends the process if a worker is terminated in the middle of that.
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
    // This runtime does not show them.
  }
}

function guardHandles(prototype: { write: Write } | undefined): void {
  const write = prototype?.write;
  if (typeof write !== 'function') return;
  objectDefineProperty(prototype as object, 'write', { value: guarding(write), writable: true, configurable: true });
}

/** What was made of callbacks below: each is to be made once. */
const checking = new WeakSet<WeakKey>();

/** `write` makes one step in the thread pool; `input` is the same until all of it has been read. */
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

/** Has a handle fail at the end of its present input if that has expired by then. */
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
