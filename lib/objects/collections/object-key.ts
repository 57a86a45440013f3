import { inspectAsName } from '../../base/inspect.ts';
import { checkWriter, type Writer } from '../../base/writer.ts';
import { ID_BYTES, idAt, putId } from '../../key/object-id.ts';
import { appendBytes } from '../../lease/bytes.ts';
import type { Lease } from '../../lease/lease.ts';
import { bytesOf, startOf } from '../../lease/sink.ts';
import { handleOf, viewOf } from '../handle.ts';
import type { Handle, ViewTxn } from '../model.ts';
import { anyKey } from './any-key.ts';
import { type RowKeyCodec, rawOf } from './row-key.ts';

/** The first byte of the key of an element that is a persistent object. No tuple begins with it. */
const OBJECT = 0xfe;

/** The key of an element of a set that is a persistent object. */
export class ObjectKey {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

/**
 * The codec of sets that name none: that of maps, but a key can also be an ObjectKey. So objects come behind everything else, in the order in which they
 * were made. The value of such a row is the object, which keeps it reachable.
 */
export const anyElement: RowKeyCodec = Object.freeze(
  inspectAsName({
    name: anyKey.name,
    prefix: anyKey.prefix,
    write(key: never, writer: Writer): void {
      const given: unknown = key;
      if (!(given instanceof ObjectKey)) anyKey.write(key, writer);
      else {
        checkWriter(writer);
        const raw = new Uint8Array(1 + ID_BYTES);
        raw[0] = OBJECT;
        putId(raw, 1, given.id);
        appendBytes(writer, raw, 0, raw.length);
      }
    },
    view(lease: Lease, at: number): unknown {
      const bytes = bytesOf(lease, at);
      const start = startOf(lease, at, null);
      return bytes[start] === OBJECT ? new ObjectKey(idAt(bytes, start + 1)) : anyKey.view(lease, at);
    },
  } satisfies RowKeyCodec),
);

/** Gives the key with which an element is stored that was added before the set was: see `keyOfElement`. */
export function storedKeys(
  codec: RowKeyCodec,
  owner: Handle,
  txn: ViewTxn,
): (raw: Uint8Array, value: unknown) => Uint8Array {
  if (codec !== anyElement) return (raw) => raw;
  return (raw, value) =>
    handleOf(value) === undefined ? raw : rawOf(codec, new ObjectKey(viewOf(owner).referTo(value as object, txn)));
}
