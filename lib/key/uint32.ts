import { invalidType, invalidValue, LeaseholdError, outOfRange } from '../base/errors.ts';
import { inspectAsName } from '../base/inspect.ts';
import { isInteger } from '../base/primordials.ts';
import type { Writer } from '../base/writer.ts';
import type { Lease } from '../lease/lease.ts';
import { bytesOf, lengthOf, startOf } from '../lease/sink.ts';
import { ON_KEY_NUMBER } from '../native/constants.ts';
import type { ValueCodec } from '../value/codec.ts';
import { acceptSame, ownValueCodec } from '../value/own-codecs.ts';
import { type KeyText, typedJson } from '../value/text-form.ts';
import type { KeyCodec } from './codec.ts';
import { keyCell } from './key-cell.ts';

const MOST = 2 ** 32 - 1;

const text: KeyText = {
  toJson: String,
  fromJson: (json) => json,
  toCell: String,
  fromCell: (cell, path) => keyCell(cell, path, 'uint32'),
  typed: {
    wanted: 'a number, as 7',
    from(typed) {
      const json = typedJson(typed);
      return typeof json === 'number' ? json : undefined;
    },
  },
  fromField(value, name, fromText) {
    if (!fromText) return typeof value === 'bigint' ? Number(value) : value;
    if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
    throw invalidValue(`${name}, of which the key is made, must be a number, not ${JSON.stringify(value)}`);
  },
};

const asValue: ValueCodec<number, number> = ownValueCodec({
  name: 'uint32',
  description: 'uint32',
  aims: false,
  ordered: true,
  objects: false,
  text,
  write: (value, writer) => writeUint32(writer, value, 'a uint32 value'),
  view,
  accept: acceptSame('uint32'),
});

/** Integers from 0 to 2 ** 32 - 1. They are stored in four big-endian bytes, so they sort by number. */
export const uint32: KeyCodec<number, number> = Object.freeze(
  inspectAsName({
    name: 'uint32',
    prefix: 'none',
    aims: false,
    text,
    join: { kind: 'number', number: ON_KEY_NUMBER },
    asValue,
    write: (key, writer) => writeUint32(writer, key, 'a uint32 key'),
    view,
  } satisfies KeyCodec<number, number>),
);

/** Appends a number. `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE` calls the number `path`. */
function writeUint32(writer: Writer, number: unknown, path: string): undefined {
  if (typeof number !== 'number') throw invalidType(path, 'a number', number);
  if (!(isInteger(number) && number >= 0 && number <= MOST)) {
    throw outOfRange(path, `an integer from 0 to ${MOST}`, number);
  }
  writer.reserve(4);
  const { bytes, position } = writer;
  bytes[position] = number >>> 24;
  bytes[position + 1] = number >>> 16;
  bytes[position + 2] = number >>> 8;
  bytes[position + 3] = number;
  writer.position = position + 4;
}

function view(lease: Lease, at: number): number {
  const length = lengthOf(lease, at, null);
  if (length !== 4) throw notUint32(at, length);
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, null);
  return (
    (((bytes[start] as number) << 24) |
      ((bytes[start + 1] as number) << 16) |
      ((bytes[start + 2] as number) << 8) |
      (bytes[start + 3] as number)) >>>
    0
  );
}

function notUint32(at: number, length: number): LeaseholdError {
  return new LeaseholdError(
    'ERR_CODEC',
    `the ${(at & 2) === 0 ? 'key' : 'value'} is no uint32: it has ${length} bytes, not 4`,
  );
}
