import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bytes } from '../../lib/index.ts';
import { idOf, openStore, PersistentList, persistent, ref } from '../../lib/objects/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { Kind } from '../../lib/wire/protocol.ts';
import { openTemporary } from '../support/fixture.ts';

/*
 * A client that was written from docs/protocol.md alone: it uses nothing of lib/wire and lib/client. What it reads and writes must be what the page draws.
 */

interface Frame {
  readonly id: number;
  readonly kind: number;
  readonly flags: number;
  readonly payload: Buffer;
}

const u16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8]);
const u32 = (value: number): Buffer => {
  const written = Buffer.alloc(4);
  written.writeUInt32LE(value);
  return written;
};
const u64 = (value: number): Buffer => {
  const written = Buffer.alloc(8);
  written.writeBigUInt64LE(BigInt(value));
  return written;
};
const sized = (text: string): Buffer => Buffer.concat([u32(text.length), Buffer.from(text)]);
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const hello = (version: number): Buffer[] => [Buffer.from('LSHD'), u16(version), u16(0), json({})];

/** Reads a payload from its beginning to its end. */
class Reader {
  readonly payload: Buffer;
  at = 0;

  constructor(payload: Buffer) {
    this.payload = payload;
  }

  u8(): number {
    return this.payload.readUInt8(this.at++);
  }

  u32(): number {
    this.at += 4;
    return this.payload.readUInt32LE(this.at - 4);
  }

  u64(): number {
    this.at += 8;
    return Number(this.payload.readBigUInt64LE(this.at - 8));
  }

  take(length: number): string {
    this.at += length;
    return this.payload.subarray(this.at - length, this.at).toString('latin1');
  }

  u16(): number {
    this.at += 2;
    return this.payload.readUInt16LE(this.at - 2);
  }

  sized(): string {
    return this.take(this.u32());
  }

  get isAtEnd(): boolean {
    return this.at === this.payload.length;
  }
}

class Client {
  readonly #socket: Socket;
  readonly #frames: Frame[] = [];
  #rest = Buffer.alloc(0);
  #wake = (): void => {};

  constructor(address: string) {
    this.#socket = connect(Number(address.split(':').at(-1)), '127.0.0.1');
    this.#socket.on('error', () => {});
    this.#socket.on('data', (received) => {
      this.#rest = Buffer.concat([this.#rest, received]);
      for (;;) {
        if (this.#rest.length < 12) break;
        const length = this.#rest.readUInt32LE(0);
        const whole = 12 + length + ((4 - (length % 4)) % 4);
        if (this.#rest.length < whole) break;
        const [id, kind, flags] = [this.#rest.readUInt32LE(4), this.#rest.readUInt8(8), this.#rest.readUInt8(9)];
        expect([...this.#rest.subarray(12 + length, whole)].every((byte) => byte === 0)).toBe(true);
        this.#frames.push({ id, kind, flags, payload: Buffer.from(this.#rest.subarray(12, 12 + length)) });
        this.#rest = this.#rest.subarray(whole);
      }
      this.#wake();
    });
  }

  send(kind: number, id: number, parts: readonly Buffer[], { flags = 1, collection = 0 } = {}): void {
    const payload = Buffer.concat(parts);
    const head = Buffer.concat([u32(payload.length), u32(id), Buffer.from([kind, flags]), u16(collection)]);
    this.#socket.write(Buffer.concat([head, payload, Buffer.alloc((4 - (payload.length % 4)) % 4)]));
  }

  /** The next frame of an id. */
  async next(id: number): Promise<Frame> {
    for (;;) {
      const at = this.#frames.findIndex((frame) => frame.id === id);
      if (at >= 0) return this.#frames.splice(at, 1)[0] as Frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async answer(id: number, kind: number, flags = 1): Promise<Reader> {
    const frame = await this.next(id);
    expect([frame.kind, frame.flags, frame.kind === 41 ? frame.payload.toString() : '']).toEqual([kind, flags, '']);
    return new Reader(frame.payload);
  }

  close(): void {
    this.#socket.destroy();
  }
}

const PUT = 1;
let server: Server;
let client: Client;
beforeEach(async () => {
  const env = openTemporary();
  const items = env.collection('items', { key: bytes, value: bytes, versions: true });
  for (const key of ['a', 'b', 'c']) items.put(Buffer.from(key) as never, Buffer.from(`value ${key}`) as never);
  server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  client = new Client(server.addresses[0] as string);
});
afterEach(async () => {
  client.close();
  await server.close();
});

async function begin(): Promise<{ tid: number; storeId: string; limits: object; nonce: string }> {
  client.send(1, 0, hello(1), { flags: 0 });
  const { kind, payload } = await client.next(0);
  expect([kind, payload.toString('latin1', 0, 8)]).toEqual([1, 'LSHD\u0001\0\0\0']);
  client.send(2, 0, [json({ name: 'items' })], { collection: 7 });
  return JSON.parse(payload.toString('utf8', 8)) as never;
}

test('the page has each kind of frame, by its number', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/protocol.md', import.meta.url)), 'utf8');
  for (const [name, number] of Object.entries(Kind)) {
    expect(page.includes(`${number} ${name}`) || page.includes(`${name} (${number})`), name).toBe(true);
  }
});

test('HELLO, and another version', async () => {
  const found = await begin();
  expect(found).toMatchObject({ tid: 3, limits: { request: 2 ** 20, heartbeat: 15_000 } });
  expect([typeof found.storeId, found.nonce.length]).toEqual(['string', 16]);
  const other = new Client(server.addresses[0] as string);
  other.send(1, 0, hello(2), { flags: 0 });
  const { kind, payload } = await other.next(0);
  expect([kind, JSON.parse(payload.toString()).code]).toEqual([11, 'ERR_PROTOCOL']);
  other.close();
});

test('PIPELINE', async () => {
  const { tid } = await begin();
  const write = [u16(7), Buffer.from([PUT]), sized('p'), sized('b')];
  client.send(12, 1, [u64(tid), u32(0), u32(0), u32(0), u32(1), sized('id 1'), ...write]);
  await client.answer(1, 38);
  const whole = Buffer.from([0, 1]);
  const partOf = (kind: number, step: number, path: readonly Buffer[] = []): Buffer =>
    Buffer.concat([Buffer.from([kind]), u16(step), Buffer.from([path.length]), ...path]);
  const steps = [
    [whole, Buffer.from([0]), sized('p')],
    [whole, partOf(1, 0)],
    [whole, partOf(2, 1)],
    [whole, partOf(1, 0, [Buffer.concat([Buffer.from([0]), sized('length')])])],
  ];
  client.send(18, 2, [u64(tid + 1), u32(4), ...steps.flatMap((terms) => [u16(7), ...terms])]);
  const states = await client.answer(2, 42);
  expect(states.u32()).toBe(3);
  for (const [key, version, value] of [
    ['p', tid + 1, 'b'],
    ['b', 2, 'value b'],
    ['b', 2, 'value b'],
  ]) {
    expect([states.u16(), states.sized(), states.u64(), states.u64(), states.sized()]).toEqual([
      7,
      key,
      version,
      0,
      value,
    ]);
  }
  expect(states.isAtEnd).toBe(true);
});

test('FOLLOW', async () => {
  const env = openTemporary();
  const Node = persistent('protocol.Node', { next: ref().optional(), list: ref().optional() })(class {});
  const root = openStore(env).root as { first: object };
  const list = new PersistentList([new Node({})]);
  root.first = new Node({ next: new Node({}), list });
  const other = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  client.close();
  client = new Client(other.addresses[0] as string);
  const { tid } = await begin();
  client.send(2, 0, [json({ name: '__leasehold_objects' })], { collection: 3 });
  client.send(2, 0, [json({ name: '__leasehold_items' })], { collection: 4 });
  const id = idOf(root.first) as number;
  const hints = Buffer.from(JSON.stringify({ hints: { next: true, list: true } }));
  client.send(19, 1, [u64(tid), u32(1_000_000), u32(1_000_000), u32(1), u64(id), hints]);
  const followed = await client.answer(1, 43);
  // The object, the two to which it refers, and the one in the list.
  expect(followed.u32()).toBe(4);
  const ids: number[] = [];
  for (let i = 0; i < 4; i++) {
    expect(followed.u16()).toBe(3);
    ids.push(Buffer.from(followed.sized(), 'latin1').readUInt32BE(4));
    expect([followed.u64(), followed.u64()]).toEqual([tid, 0]);
    followed.sized();
  }
  expect(ids[0]).toBe(id);
  expect([followed.u32(), followed.u16(), followed.take(1)]).toEqual([1, 4, '\u000d']);
  const bounds = [followed.sized(), followed.sized()].map((each) => [
    Buffer.from(each, 'latin1').readUInt32BE(4),
    each.at(-1),
  ]);
  expect(bounds).toEqual([
    [idOf(list), '\0'],
    [idOf(list), '\u0002'],
  ]);
  expect(followed.u32()).toBe(2);
  for (let i = 0; i < 2; i++) {
    expect(Buffer.from(followed.sized(), 'latin1').readUInt32BE(4)).toBe(idOf(list));
    expect(followed.u64()).toBe(tid);
    followed.sized();
  }
  expect(followed.isAtEnd).toBe(true);
  // What is used once in a while is not sent ahead; the request and the report are accepted all the same.
  client.send(20, 2, [], { collection: 3 });
  client.send(21, 2, [u32(1), u32(7)]);
  client.send(3, 5, [u64(tid), Buffer.from(u64(id)).swap64()], { collection: 3 });
  expect((await client.answer(5, 32)).u64()).toBe(tid);
  await other.close();
});

test('GET of a small value, of none, of a large one; GET_MANY', async () => {
  const { tid } = await begin();
  const collection = 7;
  client.send(3, 1, [u64(tid), Buffer.from('b')], { collection });
  const value = await client.answer(1, 32);
  expect([value.u64(), value.u64(), value.take(7), value.isAtEnd]).toEqual([2, 0, 'value b', true]);
  client.send(3, 2, [u64(tid), Buffer.from('x')], { collection });
  const absent = await client.answer(2, 32, 1 | 4);
  expect([absent.u64(), absent.u64(), absent.isAtEnd]).toEqual([tid, 0, true]);
  const large = 'y'.repeat(600_001);
  const write = [u16(collection), Buffer.from([PUT]), sized('large'), sized(large)];
  const commit = Buffer.concat([u64(tid), u32(0), u32(0), u32(0), u32(1), sized('id 1'), ...write]);
  client.send(12, 3, [commit.subarray(0, 300_000)], { flags: 0 });
  client.send(12, 3, [commit.subarray(300_000)]);
  expect((await client.answer(3, 38)).u64()).toBe(tid + 1);
  client.send(3, 4, [u64(tid + 1), Buffer.from('large')], { collection });
  const first = await client.answer(4, 33, 2);
  expect([first.u64(), first.u64(), first.u64(), first.isAtEnd]).toEqual([tid + 1, 0, large.length, true]);
  let got = '';
  for (let isLast = false; !isLast; ) {
    const { kind, flags, payload } = await client.next(4);
    expect(kind).toBe(33);
    got += payload.toString();
    isLast = (flags & 1) !== 0;
  }
  expect(got === large).toBe(true);
  client.send(4, 5, [u64(tid), u32(3), sized('c'), sized('x'), sized('a')], { collection });
  const many = await client.answer(5, 35);
  expect([many.u32(), many.u32()]).toEqual([0, 3]);
  expect([many.u64(), many.u64(), many.sized()]).toEqual([3, 0, 'value c']);
  expect([many.u64(), many.u64(), many.u32()]).toEqual([tid, 0, 0xffff_ffff]);
  expect([many.u64(), many.u64(), many.sized(), many.isAtEnd]).toEqual([1, 0, 'value a', true]);
});

test('SCAN with bounds and credit, and COUNT', async () => {
  const { tid } = await begin();
  const collection = 7;
  const rowsOf = (reader: Reader): [string, number, string][] => {
    expect(reader.u64()).toBe(tid);
    const count = reader.u32();
    const table = reader.u32();
    const begin = reader.at;
    reader.at = begin + table;
    const text = (at: number, length: number): string => reader.payload.toString('latin1', at, at + length);
    return Array.from({ length: count }, () => {
      const [key, keyLength, value, valueLength] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
      const version = Number(reader.payload.readBigUInt64LE(begin + value - 8));
      return [text(begin + key, keyLength), version, text(begin + value, valueLength)];
    });
  };
  client.send(5, 1, [u64(tid), u64(0), u32(100_000), Buffer.from([1 | 2 | 16]), sized('a')], { collection });
  expect(rowsOf(await client.answer(1, 34, 1 | 2))).toEqual([
    ['c', 3, 'value c'],
    ['b', 2, 'value b'],
  ]);
  const within = [Buffer.from([1 | 4 | 32]), sized('a'), sized('b')];
  client.send(5, 2, [u64(tid), u64(1), u32(100_000), ...within], { collection });
  expect(rowsOf(await client.answer(2, 34, 1 | 2))).toEqual([['a', 1, '']]);
  client.send(6, 3, [u64(tid), Buffer.from([4 | 8]), sized('c')], { collection });
  expect((await client.answer(3, 36)).u64()).toBe(2);
  // One frame at a time: the next one comes for more credit.
  client.send(5, 4, [u64(tid), u64(0), u32(1), Buffer.from([0])], { collection });
  const keys: string[] = [];
  for (let flags = 2; ; flags = 0) {
    const frame = await client.next(4);
    expect([frame.kind, frame.flags & 2]).toEqual([34, flags]);
    keys.push(...rowsOf(new Reader(frame.payload)).map(([key]) => key));
    if ((frame.flags & 1) !== 0) break;
    client.send(7, 4, [u32(frame.payload.length + 16)]);
  }
  expect(keys).toEqual(['a', 'b', 'c']);
});

test('COMMIT, the same again, a conflict, and what CHANGED tells', async () => {
  const { tid } = await begin();
  const collection = 7;
  const read = (version: number): Buffer[] => [u16(collection), u64(version), sized('a')];
  const range = [u16(collection), Buffer.from([1 | 4]), sized('b'), sized('c')];
  const writes = [
    u16(collection),
    Buffer.from([0]),
    sized('b'),
    u16(collection),
    Buffer.from([PUT]),
    sized('d'),
    sized('new'),
  ];
  const commit = (version: number, id: string, turn: number = 0): Buffer[] => [
    ...[u64(tid), u32(turn), u32(1), u32(1), u32(2), sized(id)],
    ...[...read(version), ...range, ...writes],
  ];
  client.send(12, 1, commit(1, 'first'));
  expect((await client.answer(1, 38)).u64()).toBe(tid + 1);
  const { kind, payload } = await client.next(0);
  const changed = new Reader(payload);
  expect([kind, changed.u64()]).toEqual([37, tid + 1]);
  expect(Math.abs(changed.u64() - Date.now())).toBeLessThan(600_000);
  expect(changed.take(8)).toHaveLength(8);
  expect([changed.u32(), changed.sized(), changed.u32(), changed.sized(), changed.u8()]).toEqual([
    1,
    'first',
    1,
    'items',
    0,
  ]);
  expect([changed.u32(), changed.sized(), changed.sized(), changed.isAtEnd]).toEqual([2, 'b', 'd', true]);
  client.send(12, 2, commit(1, 'first'));
  expect((await client.answer(2, 38)).u64()).toBe(tid + 1);
  client.send(12, 3, commit(2, 'second'));
  const conflicts = await client.answer(3, 39);
  const count = conflicts.u32();
  expect(Array.from({ length: count }, () => conflicts.u32())).toEqual([0, 1]);
  client.send(12, 5, commit(2, 'third', 1));
  expect((await client.answer(5, 39, 1 | 16)).u32()).toBe(2);
  client.send(13, 4, [u64(tid), u32(10_000)]);
  expect((await client.answer(4, 37, 0)).u64()).toBe(tid + 1);
  client.send(8, 4, []);
});

test('HOLD and RELEASE, CLAIM, CALL, PING, ERROR, and a frame that is not allowed', async () => {
  const { tid } = await begin();
  client.send(14, 1, [u64(tid)]);
  expect((await client.answer(1, 36)).u64()).toBe(tid);
  client.send(15, 1, []);
  client.send(16, 2, [u32(10)]);
  const ids = await client.answer(2, 36);
  expect(ids.u64() + 9).toBe(ids.u64());
  const call = async (id: number, request: object): Promise<Record<string, unknown>> => {
    client.send(17, id, [json(request)]);
    return JSON.parse((await client.answer(id, 40)).payload.toString()) as Record<string, unknown>;
  };
  expect(await call(3, { call: 'sync' })).toMatchObject({ tid: expect.any(Number) });
  expect(await call(4, { call: 'describe', collection: 'items' })).toMatchObject({ found: { key: 'bytes' } });
  expect(await call(5, { call: 'describe', collection: 'none' })).toEqual({ found: null });
  expect(await call(6, { call: 'collections' })).toMatchObject({ collections: [{ name: 'items' }] });
  expect(await call(7, { call: 'stat', collection: 'items' })).toMatchObject({ stat: { entries: 3 } });
  expect(await call(8, { call: 'info' })).toMatchObject({ info: { tid } });
  client.send(9, 9, []);
  expect((await client.next(9)).kind).toBe(10);
  client.send(17, 10, [json({ call: 'nothing' })]);
  const error = await client.next(10);
  expect([error.kind, JSON.parse(error.payload.toString()).code]).toEqual([41, 'ERR_INVALID_ARG_VALUE']);
  client.send(99, 11, []);
  for (;;) {
    const { kind, payload } = await client.next(0);
    if (kind !== 11) continue;
    expect(JSON.parse(payload.toString()).code).toBe('ERR_PROTOCOL');
    break;
  }
});
