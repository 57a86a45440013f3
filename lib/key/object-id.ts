import { invalidType, LeaseholdError, outOfRange } from '../base/errors.ts';
import { inspectAsName } from '../base/inspect.ts';
import { isSafeInteger, PrimordialUint8Array } from '../base/primordials.ts';
import type { Writer } from '../base/writer.ts';
import { u32At } from '../lease/header.ts';
import type { Lease } from '../lease/lease.ts';
import { bytesOf, lengthOf, startOf } from '../lease/sink.ts';
import { ON_KEY_BYTES } from '../native/constants.ts';
import { type KeyText, typedJson } from '../value/text-form.ts';
import type { KeyCodec } from './codec.ts';
import { keyCell } from './key-cell.ts';

export const ID_BYTES = 8;

const text: KeyText = {
  toJson: String,
  fromJson: (json) => json,
  toCell: String,
  fromCell: (cell, path) => keyCell(cell, path, 'id'),
  typed: {
    wanted: 'a number, as 7',
    from(typed) {
      const json = typedJson(typed);
      return typeof json === 'number' ? json : undefined;
    },
  },
  fromField: (value) => value,
};

/** The ids of persistent objects: safe integers, in eight big-endian bytes. */
export const objectId: KeyCodec<number, number> = Object.freeze(
  inspectAsName({
    name: 'id',
    prefix: 'none',
    aims: false,
    text,
    join: { kind: 'bytes', number: ON_KEY_BYTES },
    write: writeId,
    view,
  } satisfies KeyCodec<number, number>),
);

/** Appends an id. `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. */
export function writeId(id: unknown, writer: Writer): void {
  if (typeof id !== 'number') throw invalidType('an id', 'a number', id);
  if (!isSafeInteger(id) || id < 0) throw outOfRange('an id', 'a safe integer from 0', id);
  writer.reserve(ID_BYTES);
  putId(writer.bytes, writer.position, id);
  writer.position += ID_BYTES;
}

/** Writes an id that is known to be one. */
export function putId(bytes: Uint8Array, at: number, id: number): void {
  const high = (id / 2 ** 32) | 0;
  bytes[at] = high >>> 24;
  bytes[at + 1] = high >>> 16;
  bytes[at + 2] = high >>> 8;
  bytes[at + 3] = high;
  bytes[at + 4] = id >>> 24;
  bytes[at + 5] = id >>> 16;
  bytes[at + 6] = id >>> 8;
  bytes[at + 7] = id;
}

/** The bytes of an id that is known to be one. */
export function idBytes(id: number): Uint8Array<ArrayBuffer> {
  const bytes = new PrimordialUint8Array(ID_BYTES);
  putId(bytes, 0, id);
  return bytes;
}

export function idAt(bytes: Uint8Array, at: number): number {
  return u32At(bytes, at) * 2 ** 32 + u32At(bytes, at + 4);
}

function view(lease: Lease, at: number): number {
  const length = lengthOf(lease, at, null);
  if (length !== ID_BYTES) throw new LeaseholdError('ERR_CODEC', `the key is no id: it has ${length} bytes, not 8`);
  return idAt(bytesOf(lease, at), startOf(lease, at, null));
}
