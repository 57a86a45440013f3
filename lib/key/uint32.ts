import { invalidType, LeaseholdError, outOfRange } from '../errors.ts';
import { bytesOf, lengthOf, startOf } from '../lease/sink.ts';
import type { KeyCodec } from './codec.ts';

const MOST = 2 ** 32 - 1;

/** Integers from 0 to 2 ** 32 - 1, in four big-endian bytes: they sort by number. */
export const uint32: KeyCodec<number, number> = Object.freeze({
  name: 'uint32',
  prefix: 'none',
  aims: false,
  write(key, writer) {
    if (typeof key !== 'number') throw invalidType('a uint32 key', 'a number', key);
    if (!(Number.isInteger(key) && key >= 0 && key <= MOST)) {
      throw outOfRange('a uint32 key', `an integer from 0 to ${MOST}`, key);
    }
    writer.reserve(4);
    const { bytes, position } = writer;
    bytes[position] = key >>> 24;
    bytes[position + 1] = key >>> 16;
    bytes[position + 2] = key >>> 8;
    bytes[position + 3] = key;
    writer.position = position + 4;
  },
  view(lease, at) {
    const length = lengthOf(lease, at, null);
    if (length !== 4) throw new LeaseholdError('ERR_CODEC', `the key is no uint32: it has ${length} bytes, not 4`);
    const bytes = bytesOf(lease, at);
    const start = startOf(lease, at, null);
    return (
      (((bytes[start] as number) << 24) |
        ((bytes[start + 1] as number) << 16) |
        ((bytes[start + 2] as number) << 8) |
        (bytes[start + 3] as number)) >>>
      0
    );
  },
} satisfies KeyCodec<number, number>);
