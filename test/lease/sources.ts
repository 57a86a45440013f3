import { bytes, Key, tuple, Value } from '../../lib/index.ts';
import { NO_VIEWS, type Views } from '../../lib/lease/lease.ts';
import { LeaseSource } from '../../lib/lease/sources/lease-source.ts';
import { ReceivedBlock } from '../../lib/lease/sources/received-block.ts';
import { collectionOf } from '../support/fixture.ts';
import { sourceAddon } from './addons.ts';

export type Policy = 'copy' | 'invalidate';

/** A source that lends bytes and ends when told. The lease tests run over each kind of source. */
export interface Lending {
  /** A sink on bytes that are lent, `contentOf(index)`. */
  value(index: number): Value;
  /** A sink on a tuple, `keyOf(index)`. */
  key(index: number): Key;
  end(): void;
  /** Settles once nothing that was lent needs the source. */
  drained(): Promise<void>;
}

/** How many values and keys each lends. */
export const LENT = 200;

/** Lengths from 0 to beyond the 8 KiB of a lease. */
const LENGTHS = [0, 1, 7, 48, 49, 300, 5000, 20000];

export function contentOf(index: number): Buffer {
  return Buffer.alloc(LENGTHS[index % LENGTHS.length] as number, `<${index}>`);
}

export function keyOf(index: number): Key {
  return Key.of('key', index);
}

function readTransaction(onEnd: Policy): Lending {
  const { env, items } = collectionOf({ key: bytes, value: bytes });
  const keys = env.collection('keys', { key: tuple, value: bytes });
  env.write(() => {
    for (let i = 0; i < LENT; i++) {
      items.put(Buffer.of(i), contentOf(i));
      keys.put(keyOf(i), Buffer.of());
    }
  });
  const txn = env.read({ onEnd });
  return {
    value: (index) => items.get(Buffer.of(index), txn) as Value,
    key: (index) => [...keys.range({ gte: keyOf(index), limit: 1 }, txn).keys()][0] as Key,
    end: () => txn.end(),
    drained: () => txn.drained,
  };
}

/** All contents one after the other, and where each lies. */
export function laidOut(): { memory: Buffer; values: number[]; keys: number[] } {
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array): number => {
    parts.push(part);
    length += part.length;
    return length - part.length;
  };
  const values = Array.from({ length: LENT }, (_, i) => add(contentOf(i)));
  const keys = Array.from({ length: LENT }, (_, i) => add(keyOf(i).toBuffer()));
  return { memory: Buffer.concat(parts), values, keys };
}

/** The sinks of a source that names its bytes by offset and length. */
function slices(source: object): Pick<Lending, 'value' | 'key'> {
  const { values, keys } = laidOut();
  return {
    value: (index) => Value.from(source, values[index] as number, contentOf(index).length),
    key: (index) => Key.from(source, keys[index] as number, keyOf(index).byteLength),
  };
}

function leaseSource(onEnd: Policy): Lending {
  const { memory } = laidOut();
  const source = new LeaseSource(new Uint8Array(memory).buffer, { onEnd });
  return { ...slices(source), end: () => source.end(), drained: () => source.drained };
}

/** Views by which a received block gives a Key and a Value a row. */
export const ROW_VIEWS: Views = {
  ...NO_VIEWS,
  key: (lease, at) => new Key(lease, at, null),
  value: (lease, at) => new Value(lease, at, null),
};

/** A frame: some bytes in front, a table of rows, and the bytes that they name. */
export function frameOf(rows: readonly (readonly [key: Uint8Array, value: Uint8Array])[], front: number = 12): Buffer {
  const table = new Uint32Array(rows.length * 4);
  const parts: Uint8Array[] = [Buffer.alloc(front), new Uint8Array(table.buffer)];
  let position = front + table.byteLength;
  for (const [i, row] of rows.entries()) {
    for (const [j, part] of row.entries()) {
      table.set([position, part.length], i * 4 + j * 2);
      parts.push(part);
      position += part.length;
    }
  }
  return Buffer.concat(parts);
}

/** A block that has received these bytes. */
export function blockOf(bytes: Uint8Array, onEnd: Policy = 'copy'): ReceivedBlock {
  const block = new ReceivedBlock(bytes.length, onEnd);
  block.receive().set(bytes);
  return block;
}

/** A received block. Its rows lie behind 100 other bytes, and their offsets count from the beginning of their frame. */
function receivedBlock(onEnd: Policy): Lending {
  const frame = frameOf(Array.from({ length: LENT }, (_, i) => [keyOf(i).toBuffer(), contentOf(i)] as const));
  const block = blockOf(Buffer.concat([Buffer.alloc(100), frame]), onEnd);
  const rows = block.adopt(ROW_VIEWS, { begin: 100, size: frame.length, table: 12, rows: LENT });
  return {
    value: (index) => rows.value(index) as Value,
    key: (index) => rows.key(index) as Key,
    end: () => block.end(),
    drained: () => block.drained,
  };
}

const addon = await sourceAddon();

/** A source of another addon. Its sinks are always copied. */
function foreign(): Lending {
  const block = addon.lend(laidOut().memory);
  return { ...slices(block), end: () => addon.end(block), drained: () => Promise.resolve() };
}

/** Each kind of source with each policy that it has. */
export const KINDS: [name: string, policy: Policy, lend: () => Lending][] = [
  ['a read transaction', 'copy', () => readTransaction('copy')],
  ['a read transaction', 'invalidate', () => readTransaction('invalidate')],
  ['a LeaseSource', 'copy', () => leaseSource('copy')],
  ['a LeaseSource', 'invalidate', () => leaseSource('invalidate')],
  ['a received block', 'copy', () => receivedBlock('copy')],
  ['a received block', 'invalidate', () => receivedBlock('invalidate')],
  ["another addon's source", 'copy', foreign],
];
