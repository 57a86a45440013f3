import {
  apply,
  isUint8Array,
  objectDefineProperty,
  objectGetPrototypeOf,
  typedArrayLength,
  weakSetAdd,
  weakSetHas,
} from '../primordials.ts';
import { leaseExpired } from './lease.ts';

type OnError = (this: Handle, message: string, errno: number, code: string) => void;
type Write = (this: Handle, flush: number, input: unknown, offset: number, length: number, ...output: never[]) => void;

/** What stands behind one of Node's zlib streams; it calls one of these two when it has read its input, or cannot. */
interface Handle {
  onerror?: OnError;
  cb?: () => void;
}

const MAKERS = [
  'createDeflate',
  'createBrotliCompress',
  'createBrotliDecompress',
  'createZstdCompress',
  'createZstdDecompress',
];
const { message, code } = leaseExpired();
/** What `onerror` is called with; -2 is Z_STREAM_ERROR. */
const EXPIRED = [message, -2, code];

let guarded = false;

/**
 * Has Node's asynchronous zlib fail with `ERR_LEASE_EXPIRED` when a Buffer expires that it reads. Node comes back to its
 * input after each chunk of output, by the length that it had at first: it ends the process (Node 20), or throws where
 * nobody can catch it, if that has become 0 by then. And what the thread pool read meanwhile may have been zeros.
 *
 * Called before the first Buffer is lent that can expire. Where Node's zlib is made otherwise, nothing changes.
 */
export function guardZlib(): void {
  if (guarded) return;
  guarded = true;
  for (let i = 0; i < MAKERS.length; i++) {
    try {
      guardHandles(MAKERS[i] as string);
    } catch {
      // This runtime has no such stream, or none with a handle.
    }
  }
}

function guardHandles(maker: string): void {
  const zlib = process.getBuiltinModule('node:zlib') as unknown as Record<string, () => unknown>;
  const stream = (zlib[maker] as () => unknown)() as { _handle: object; close(): void };
  const prototype = objectGetPrototypeOf(stream._handle) as { write: Write };
  stream.close();
  const { write } = prototype;
  if (typeof write !== 'function') return;
  objectDefineProperty(prototype, 'write', { value: guarding(write), writable: true, configurable: true });
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
