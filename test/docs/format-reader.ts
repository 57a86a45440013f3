/*
 * Reads the formats of docs/format.md, written from that page alone: nothing of lib/ is used here. Throws for what the page
 * does not allow.
 */

/** An element of a tuple. Bytes, UUIDs and versionstamps are Buffers. */
export type Part = null | boolean | number | bigint | string | Buffer | Part[];

function fail(what: string): never {
  throw new Error(what);
}

export function readTuple(bytes: Buffer): Part[] {
  const [parts, end] = readParts(bytes, 0, false);
  return end === bytes.length ? parts : fail('bytes behind the tuple');
}

function readParts(bytes: Buffer, from: number, nested: boolean): [Part[], number] {
  const parts: Part[] = [];
  for (let at = from; at < bytes.length; ) {
    if (nested && bytes[at] === 0x00 && bytes[at + 1] !== 0xff) return [parts, at + 1];
    const [part, end] = readPart(bytes, at, nested);
    parts.push(part);
    at = end;
  }
  return nested ? fail('a nested tuple without an end') : [parts, bytes.length];
}

function readPart(bytes: Buffer, at: number, nested: boolean): [Part, number] {
  const code = bytes[at] as number;
  const take = (size: number): Buffer =>
    at + 1 + size <= bytes.length ? bytes.subarray(at + 1, at + 1 + size) : fail('an element cut short');
  if (code >= 0x0c && code <= 0x1c) {
    const size = Math.abs(code - 0x14);
    return [integer(take(size), code < 0x14), at + 1 + size];
  }
  switch (code) {
    case 0x00:
      return [null, at + (nested ? 2 : 1)];
    case 0x01:
    case 0x02: {
      const [content, end] = untilZero(bytes, at + 1);
      return [code === 0x01 ? content : content.toString(), end];
    }
    case 0x05:
      return readParts(bytes, at + 1, true);
    case 0x0b:
    case 0x1d: {
      const size = (take(1)[0] as number) ^ (code === 0x0b ? 0xff : 0);
      return [integer(take(1 + size).subarray(1), code === 0x0b), at + 2 + size];
    }
    case 0x20:
      return [unordered(take(4)).readFloatBE(), at + 5];
    case 0x21:
      return [unordered(take(8)).readDoubleBE(), at + 9];
    case 0x26:
    case 0x27:
      return [code === 0x27, at + 1];
    case 0x30:
      return [take(16), at + 17];
    case 0x33:
      return [take(12), at + 13];
    default:
      return fail(`the code ${code}`);
  }
}

/** The content from `from` to the 00 that ends it, and where that ends. */
function untilZero(bytes: Buffer, from: number): [Buffer, number] {
  const content: number[] = [];
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === 0x00) {
      if (bytes[at + 1] !== 0xff) return [Buffer.from(content), at + 1];
      at++;
      content.push(0);
    } else {
      content.push(bytes[at] as number);
    }
  }
  return fail('a string without an end');
}

function integer(bytes: Buffer, negative: boolean): number | bigint {
  const magnitude = BigInt(`0x0${Buffer.from(bytes.map((byte) => (negative ? byte ^ 0xff : byte))).toString('hex')}`);
  const value = negative ? -magnitude : magnitude;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function unordered(bytes: Buffer): Buffer {
  const positive = (bytes[0] as number) >= 0x80;
  return Buffer.from(bytes.map((byte, i) => (positive ? (i === 0 ? byte ^ 0x80 : byte) : byte ^ 0xff)));
}

/** What a commit changed in a collection. */
export type Changed =
  | { name: string; keys: Buffer[] }
  | { name: string; lower: Buffer | undefined; upper: Buffer | undefined; open: [boolean, boolean]; dropped: boolean };

/** A record of the log of changes. */
export interface Commit {
  nonce: string;
  time: number;
  ids: Buffer[];
  changed: Changed[];
}

export function readCommit(record: Buffer): Commit {
  let at = 0;
  const take = (size: number): Buffer => {
    at += size;
    return at <= record.length ? record.subarray(at - size, at) : fail('a record cut short');
  };
  const count = (): number => take(4).readUInt32BE();
  const sized = (): Buffer => take(count());
  const list = <T>(read: () => T): T[] => Array.from({ length: count() }, read);
  if (take(1)[0] !== 1) fail('another version of a record');
  const nonce = take(8).toString('hex');
  const time = Number(take(8).readBigUInt64BE());
  const ids = list(sized);
  const changed = list((): Changed => {
    const name = String(sized());
    const kind = take(1)[0] as number;
    if (kind === 0) return { name, keys: list(sized) };
    if (kind > 2) fail('another kind of change');
    const flags = take(1)[0] as number;
    const [lower, upper] = [sized(), sized()];
    return {
      name,
      lower: (flags & 1) !== 0 ? lower : undefined,
      upper: (flags & 4) !== 0 ? upper : undefined,
      open: [(flags & 2) !== 0, (flags & 8) !== 0],
      dropped: kind === 2,
    };
  });
  return at === record.length ? { nonce, time, ids, changed } : fail('bytes behind a record');
}

/** A type as the catalog stores it. */
export type Type = string | { optional: Type } | { list: Type } | { struct: [string, Type][] };

const SCALARS: Record<string, [size: number, read: (bytes: Buffer, at: number) => unknown]> = {
  u8: [1, (bytes, at) => bytes.readUInt8(at)],
  u16: [2, (bytes, at) => bytes.readUInt16LE(at)],
  u32: [4, (bytes, at) => bytes.readUInt32LE(at)],
  u64: [8, (bytes, at) => bytes.readBigUInt64LE(at)],
  i8: [1, (bytes, at) => bytes.readInt8(at)],
  i16: [2, (bytes, at) => bytes.readInt16LE(at)],
  i32: [4, (bytes, at) => bytes.readInt32LE(at)],
  i64: [8, (bytes, at) => bytes.readBigInt64LE(at)],
  f32: [4, (bytes, at) => bytes.readFloatLE(at)],
  f64: [8, (bytes, at) => bytes.readDoubleLE(at)],
  bool: [1, (bytes, at) => bytes.readUInt8(at) === 1],
  date: [8, (bytes, at) => new Date(bytes.readDoubleLE(at))],
};

/** How many bytes a field takes in the fixed part. */
function sizeOf(type: Type): number {
  if (typeof type === 'object' && 'optional' in type) {
    return sizeOf(type.optional) + (typeof type.optional === 'string' && type.optional in SCALARS ? 1 : 0);
  }
  return typeof type === 'string' && type in SCALARS ? (SCALARS[type] as [number, unknown])[0] : 8;
}

export function readRecord(bytes: Buffer, fields: readonly [string, Type][]): Record<string, unknown> {
  if (bytes[0] !== 1 || bytes[1] !== 0) fail('another version or flags');
  const fixedEnd = 4 + bytes.readUInt16LE(2);
  const record: Record<string, unknown> = {};
  let at = 4;
  for (const [name, type] of fields) {
    const size = sizeOf(type);
    if (at < fixedEnd && at + size > fixedEnd) fail('the fixed part ends inside a field');
    record[name] = at < fixedEnd ? readField(bytes, at, type, fixedEnd) : zeroOf(type);
    at += size;
  }
  return record;
}

/** `bytes` is a record or a list. Its fields of variable length begin at `partsFrom`. */
function readField(bytes: Buffer, at: number, type: Type, partsFrom: number): unknown {
  if (typeof type === 'object' && 'optional' in type) {
    const inner = type.optional;
    if (typeof inner !== 'string' || !(inner in SCALARS)) {
      return bytes.readUInt32LE(at) === 0 ? undefined : readField(bytes, at, inner, partsFrom);
    }
    return bytes[at] === 1 ? readField(bytes, at + 1, inner, partsFrom) : undefined;
  }
  const scalar = typeof type === 'string' ? SCALARS[type] : undefined;
  if (scalar !== undefined) return scalar[1](bytes, at);
  const offset = bytes.readUInt32LE(at);
  if (offset === 0) return zeroOf(type);
  const marked = bytes.readUInt32LE(at + 4);
  const size = type === 'utf8' ? marked & 0x7fffffff : marked;
  if (offset < partsFrom || offset + size > bytes.length) fail('a part outside of the variable part');
  const part = bytes.subarray(offset, offset + size);
  if (type === 'utf8') {
    if (marked !== size && part.some((byte) => byte > 127)) fail('a text that is not ASCII');
    return part.toString();
  }
  if (type === 'bytes') return part;
  return 'list' in (type as object) ? readList(part, (type as { list: Type }).list) : readRecord(part, structOf(type));
}

function structOf(type: Type): [string, Type][] {
  return (type as { struct: [string, Type][] }).struct;
}

function readList(bytes: Buffer, type: Type): unknown[] {
  const count = bytes.readUInt32LE(0);
  const size = sizeOf(type);
  return Array.from({ length: count }, (_, i) => readField(bytes, 4 + i * size, type, 4 + count * size));
}

function zeroOf(type: Type): unknown {
  if (typeof type === 'object') {
    if ('optional' in type) return undefined;
    if ('list' in type) return [];
    return Object.fromEntries(type.struct.map(([name, inner]) => [name, zeroOf(inner)]));
  }
  if (type === 'utf8') return '';
  if (type === 'bytes') return Buffer.alloc(0);
  return (SCALARS[type] as (typeof SCALARS)[string])[1](Buffer.alloc(8), 0);
}

export interface Operation {
  kind: number;
  collection: number;
  key: Buffer;
  value: Buffer;
  range?: { flags: number; limit: number };
}

export function readBatch(bytes: Buffer): Operation[] {
  const operations: Operation[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [kind, collection, valueSize, keySize] = [0, 4, 8, 12].map((offset) => bytes.readUInt32LE(at + offset)) as [
      number,
      number,
      number,
      number,
    ];
    const value = bytes.subarray(at + 16, at + 16 + valueSize);
    const key = bytes.subarray(at + 16 + valueSize, at + 16 + valueSize + keySize);
    at += 16 + valueSize + keySize;
    if (kind !== 5) {
      operations.push({ kind, collection, key, value });
      continue;
    }
    const limit = value.readUInt32LE(4) + value.readUInt32LE(8) * 2 ** 32;
    operations.push({
      kind,
      collection,
      key,
      value: value.subarray(12),
      range: { flags: value.readUInt32LE(0), limit },
    });
  }
  return operations;
}

/** The entries of a table in a received block. */
export function readReceived(
  block: Buffer,
  place: { begin: number; size: number; table: number; rows: number },
): [key: Buffer, value: Buffer][] {
  const bytes = block.subarray(place.begin, place.begin + place.size);
  return Array.from({ length: place.rows }, (_, row) => {
    const [key, keySize, value, valueSize] = [0, 4, 8, 12].map((offset) =>
      bytes.readUInt32LE(place.table + 16 * row + offset),
    ) as [number, number, number, number];
    return [bytes.subarray(key, key + keySize), bytes.subarray(value, value + valueSize)];
  });
}

export function readRun(bytes: Buffer): [key: Buffer, value: Buffer][] {
  const rows: [Buffer, Buffer][] = [];
  for (let at = 0; at < bytes.length; ) {
    const keyEnd = at + 8 + bytes.readUInt32LE(at);
    const end = keyEnd + bytes.readUInt32LE(at + 4);
    rows.push([bytes.subarray(at + 8, keyEnd), bytes.subarray(keyEnd, end)]);
    at = end;
  }
  return rows;
}

/** The entries of a dump, and the lines of its header. */
export function readDump(text: string): { header: Record<string, string>; entries: [Buffer, Buffer][] } {
  const [head, data] = text.split('HEADER=END\n') as [string, string];
  const header = Object.fromEntries(
    head
      .trim()
      .split('\n')
      .map((line) => line.split('=')),
  );
  const lines = data.split('\n');
  const entries: [Buffer, Buffer][] = [];
  for (let i = 0; lines[i] !== 'DATA=END'; i += 2) {
    const [key, value] = [lines[i], lines[i + 1]].map((line) =>
      line?.[0] === ' ' ? Buffer.from(line.slice(1), 'hex') : fail('a line without a space'),
    ) as [Buffer, Buffer];
    entries.push([key, value]);
  }
  return { header, entries };
}

export interface Slot {
  state: number;
  sequence: bigint;
  boot: string;
  metaSize: number;
}

/** The valid slots of synced.mdb, as docs/durability.md describes them. The slot that counts comes first. */
export function readSynced(bytes: Buffer): Slot[] {
  const slots = [0, 4096].filter((at) => at + 512 <= bytes.length).map((at) => bytes.subarray(at, at + 512));
  return slots
    .filter((slot) => slot.toString('latin1', 0, 8) === 'lhsynced' && slot.readUInt32LE(8) === 1)
    .map((slot) => ({
      state: slot.readUInt32LE(12),
      sequence: slot.readBigUInt64LE(16),
      boot: slot.toString('latin1', 24, 64).replace(/\0+$/, ''),
      metaSize: Number(slot.readBigUInt64LE(72)),
    }))
    .sort((a, b) => Number(b.sequence - a.sequence));
}
