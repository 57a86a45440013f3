/*
 * Reads what docs/format.md says of persistent objects, written from that page alone. Throws for what the page does not allow.
 */
import { readRecord, readTuple, type Type } from './format-reader.ts';

/** A persistent object that something refers to. */
export interface Reference {
  readonly id: number;
}

/** A row of `__leasehold_classes`. */
interface Class {
  readonly name: string;
  readonly fields: readonly [name: string, kind: string, type: Type][];
}

export interface StoredObject {
  readonly tid: number;
  readonly class: string;
  readonly fields: Record<string, unknown>;
  readonly references: readonly number[];
}

export interface StoredRow {
  readonly owner: number;
  /** The bytes of the key as the codec writes them; undefined for the number of entries. */
  readonly key: Buffer | undefined;
  readonly value: unknown;
  readonly references: readonly number[];
}

type Entries = readonly (readonly [key: Buffer, value: Buffer])[];

export function readClasses(entries: Entries): Map<number, Class> {
  return new Map(entries.map(([key, value]) => [key.readUInt32BE(), JSON.parse(String(value))]));
}

export function readObjects(entries: Entries, classes: ReadonlyMap<number, Class>): Map<number, StoredObject> {
  return new Map(
    entries.map(([key, stored]) => {
      const [value, references] = readReferences(stored.subarray(8));
      const of = classes.get(value.readUInt32BE(value.length - 4)) as Class;
      const types = of.fields.map(([name, , type]) => [name, type] as [string, Type]);
      const fields = readRecord(value.subarray(0, -4), types);
      const seen = new Set<number>();
      for (const [name, kind] of of.fields) {
        const field = fields[name];
        if (field === undefined) continue;
        if (kind === 'reference') fields[name] = refer(field as number, seen);
        if (kind === 'plain') fields[name] = readPlain(field as Buffer, seen);
      }
      check(seen, references);
      const tid = Number(stored.readBigUInt64BE());
      return [Number(key.readBigUInt64BE()), { tid, class: of.name, fields, references }];
    }),
  );
}

/** The keys and values of `__leasehold_items`. The keys are no longer than LMDB's own can be. */
export function readRows(entries: Entries): StoredRow[] {
  return entries.map(([stored, bytes]) => {
    const [value, references] = readReferences(bytes.subarray(8));
    const seen = new Set<number>();
    const row = {
      owner: Number(stored.readBigUInt64BE()),
      key: stored[8] === 1 ? stored.subarray(9) : undefined,
      value: readPlain(value, seen),
      references,
    };
    if (stored[8] !== 1 && (stored[8] !== 0 || stored.length !== 9))
      throw new Error(`a row with the byte ${stored[8]}`);
    check(seen, references);
    return row;
  });
}

/** The ids whose bits are set in the pages of `__leasehold_garbage`. */
export function readGarbage(entries: Entries): number[] {
  return entries.flatMap(([key, stored]) => {
    const page = stored.subarray(8);
    if (page.length !== 512) throw new Error(`a page of ${page.length} bytes`);
    const first = Number(key.readBigUInt64BE()) * 4096;
    return Array.from({ length: 4096 }, (_, i) => i)
      .filter((i) => (((page[i >> 3] as number) >> (i & 7)) & 1) === 1)
      .map((i) => first + i);
  });
}

/** The key of an entry of a map or a set with the codec `any`. */
export function anyKey(key: Buffer): unknown {
  if (key[0] === 254) return { id: Number(key.readBigUInt64BE(1)) };
  const [element, ...more] = readTuple(key);
  if (more.length > 0) throw new Error('more than one element');
  return element;
}

/** What stands before the ids at the end of a value, and the ids. */
function readReferences(value: Buffer): [before: Buffer, ids: number[]] {
  const count = value.readUInt32BE(value.length - 4);
  const from = value.length - 4 - 8 * count;
  return [
    value.subarray(0, from),
    Array.from({ length: count }, (_, i) => Number(value.readBigUInt64BE(from + 8 * i))),
  ];
}

function check(seen: ReadonlySet<number>, references: readonly number[]): void {
  const sorted = [...seen].sort((a, b) => a - b);
  if (sorted.join() !== references.join())
    throw new Error(`refers to ${sorted.join()}, and the column has ${references.join()}`);
}

function refer(id: number, seen: Set<number>): Reference {
  seen.add(id);
  return { id };
}

function readPlain(bytes: Buffer, seen: Set<number>): unknown {
  switch (bytes[0]) {
    case 1:
      return new MessagePack(bytes.subarray(1)).whole();
    case 2: {
      const [value, places] = new MessagePack(bytes.subarray(1)).whole() as [unknown, [(string | number)[], number][]];
      for (const [path, id] of places) {
        const last = path.at(-1) as string;
        const holder = path
          .slice(0, -1)
          .reduce((at, name) => at[name as string] as never, value as Record<string, unknown>);
        if (holder[last] !== null) throw new Error('a reference stands in the place of a value');
        holder[last] = refer(id, seen);
      }
      return value;
    }
    case 3:
      return refer(Number(bytes.readBigUInt64BE(1)), seen);
    case 4:
      return bytes.readDoubleBE(1);
    default:
      throw new Error(`a plain value with the byte ${bytes[0]}`);
  }
}

/** The part of MessagePack that the test writes. */
class MessagePack {
  readonly #bytes: Buffer;
  readonly #structures = new Map<number, string[]>();
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  whole(): unknown {
    const value = this.#value();
    if (this.#at !== this.#bytes.length) throw new Error('bytes behind the value');
    return value;
  }

  #value(): unknown {
    const code = this.#bytes[this.#at++] as number;
    const known = this.#structures.get(code);
    if (known !== undefined) return this.#fields(known);
    if (code < 0x80) return code;
    if (code < 0x90) return Object.fromEntries(Array.from({ length: code & 15 }, () => [this.#value(), this.#value()]));
    if (code < 0xa0) return Array.from({ length: code & 15 }, () => this.#value());
    if (code < 0xc0) return String(this.#take(code & 31));
    if (code >= 0xe0) return code - 256;
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return code === 0xc3;
      case 0xcb:
        return this.#take(8).readDoubleBE();
      case 0xcc:
        return this.#take(1)[0];
      case 0xcd:
        return this.#take(2).readUInt16BE();
      case 0xd4:
        return this.#defined();
      case 0xd9:
        return String(this.#take(this.#take(1)[0] as number));
      default:
        throw new Error(`the code ${code.toString(16)}`);
    }
  }

  #defined(): unknown {
    if (this.#take(1)[0] !== 0x72) throw new Error('another extension');
    const number = this.#take(1)[0] as number;
    const names = this.#value() as string[];
    this.#structures.set(number, names);
    return this.#fields(names);
  }

  #fields(names: readonly string[]): object {
    return Object.fromEntries(names.map((name) => [name, this.#value()]));
  }

  #take(size: number): Buffer {
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
}
