import { afterAll, expect, test } from 'vitest';
import { ITEMS, OBJECTS } from '../../lib/catalog/own-collections.ts';
import { makeStoreId } from '../../lib/environment/make-store-id.ts';
import { bytes, type Environment, json, utf8 } from '../../lib/index.ts';
import { idOf, openStore, PersistentList, persistent, ref, t } from '../../lib/objects/index.ts';
import { ServedStore } from '../../lib/server/served-store.ts';
import { Session } from '../../lib/server/session.ts';
import { isTold } from '../../lib/wire/error-message.ts';
import type { FrameWriter } from '../../lib/wire/frame-writer.ts';
import { writeHello } from '../../lib/wire/hello.ts';
import { DEFAULT_LIMITS, FIN, Kind, REST } from '../../lib/wire/protocol.ts';
import { openTemporary } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';
import { Random, SEED } from '../versions/random.ts';
import { MemoryTransport } from './memory-transport.ts';
import { mutated, noise, randomBytes, randomKey, randomNumber, writeRandomRange } from './random-frames.ts';
import { frame } from './raw-client.ts';

const env: Environment = openTemporary();
const items = env.collection('items', { key: bytes, value: bytes, versions: true });
env.collection('plain', { key: utf8, value: json });
for (let i = 0; i < 20; i++) items.put(Buffer.from(`k${i}`), Buffer.alloc(i === 7 ? 100_000 : i * 10, i));
makeStoreId(env);
const Node = persistent('fuzz.Node', { next: ref().optional(), list: ref().optional(), plain: t.json })(class {});
const root = openStore(env).root as Record<string, object>;
root.item = new Node({ list: new PersistentList([1, new Node({ plain: 1 })]), plain: [new Node({ plain: 2 })] });
const objects = idOf(root.item) as number;

const untold: Error[] = [];
const limits = { ...DEFAULT_LIMITS, request: 20_000, commit: 60_000, streams: 5, requests: 50 };
const onError = (error: Error): void => void (isTold(error) || untold.push(error));
const store = new ServedStore(env, { limits, tokens: undefined, readOnly: false, onError });
afterAll(() => store.engine.close());

const NAMES = [
  'items',
  'items',
  'items',
  'plain',
  'absent',
  '',
  '__proto__',
  '\0changes',
  'leasehold',
  'x'.repeat(600),
];
const CALLS = ['describe', 'sync', 'collections', 'stat', 'info', 'absent', '__proto__'];

/** A request that the protocol allows, or nearly. */
function request(random: Random): Buffer {
  const id = random.below(6);
  const collection = random.chance(0.9) ? 1 : random.below(4);
  const at = randomNumber(random, store.engine.processed());
  const key = randomKey(random);
  switch (random.below(18)) {
    case 0:
      return frame(Kind.OPEN, FIN, 0, 2 + random.below(4), (out) => out.json({ name: random.pick(NAMES) }));
    case 1:
    case 2: {
      const isRest = random.chance(0.3);
      return frame(Kind.GET, isRest ? FIN | REST : FIN, id, collection, (out) => {
        out.u64(at);
        if (isRest) out.u64(randomNumber(random, 20_000));
        out.bytes(key, 0, key.length);
      });
    }
    case 3:
      return frame(Kind.GET_MANY, FIN, id, collection, (out) => {
        out.u64(at);
        const count = random.below(5);
        out.u32(count);
        for (let i = 0; i < count; i++) out.sized(randomKey(random));
      });
    case 4:
      return frame(Kind.SCAN, FIN, id, collection, (out) => {
        out.u64(at);
        out.u64(randomNumber(random, 0));
        out.u32(random.pick([0, 1, 50, 100_000, 2 ** 32 - 1]));
        writeRandomRange(out, random);
      });
    case 5:
      return frame(Kind.COUNT, FIN, id, collection, (out) => {
        out.u64(at);
        writeRandomRange(out, random);
      });
    case 6:
      return frame(Kind.CREDIT, 0, id, 0, (out) => out.u32(random.pick([0, 1, 100_000, 2 ** 32 - 1])));
    case 7:
      return frame(random.pick([Kind.CANCEL, Kind.RELEASE, Kind.PING, Kind.PONG]), 0, id, 0);
    case 8:
      return commit(random, id, at);
    case 9:
      return frame(Kind.CHANGES, FIN, id, 0, (out) => {
        out.u64(at);
        out.u32(random.below(100_000));
      });
    case 10:
      return frame(Kind.HOLD, FIN, id, 0, (out) => out.u64(at));
    case 11:
      return frame(Kind.CLAIM, FIN, id, 0, (out) =>
        out.u32(random.pick([0, 1, 10, 2 ** 20, 2 ** 20 + 1, 2 ** 32 - 1])),
      );
    case 12:
      return frame(Kind.CALL, FIN, id, 0, (out) => out.json(randomCall(random)));
    case 16:
      return frame(Kind.PREFETCH, FIN, id, random.pick([10, 10, 10, 11, 1]), () => {});
    case 15:
      return frame(Kind.USED, FIN, id, 0, (out) => {
        const numbers = [1, 2, random.below(2 ** 32)];
        out.u32(random.chance(0.97) ? numbers.length : 2 ** 31);
        for (const number of numbers) out.u32(number);
      });
    case 14:
      return follow(random, id, at);
    case 13:
      return pipeline(random, id, at);
    default:
      return noise(random);
  }
}

function randomCall(random: Random): unknown {
  const make = {
    key: random.pick(['utf8', 'tuple', 'absent', 7]),
    value: random.pick(['json', 'bytes', null, { struct: {} }, [[[]]]]),
  };
  return random.pick<unknown>([
    { call: random.pick(CALLS), collection: random.pick(NAMES) },
    { call: 'describe', collection: random.pick(['made', ...NAMES]), make },
    { call: { toString: 1 } },
    [],
    7,
  ]);
}

function pipeline(random: Random, id: number, at: number): Buffer {
  return frame(Kind.PIPELINE, FIN, id, 0, (out) => {
    const count = random.below(5);
    out.u64(at);
    out.u32(random.chance(0.97) ? count : random.pick([257, 2 ** 31]));
    for (let i = 0; i < count; i++) {
      const terms = random.chance(0.9) ? 1 : random.below(100);
      out.u16(random.chance(0.95) ? 1 : random.below(4));
      out.u8(random.pick([0, 0, 0, 1, 2]));
      out.u8(terms);
      for (let left = terms; left > 0; left--) writeTerm(out, i, random);
    }
  });
}

function follow(random: Random, id: number, at: number): Buffer {
  return frame(Kind.FOLLOW, FIN, id, 0, (out) => {
    const count = random.below(4);
    out.u64(at);
    for (const number of [random.pick([0, 100, 2 ** 20]), random.pick([0, 50, 2 ** 32 - 1])]) out.u32(number);
    out.u32(random.chance(0.97) ? count : random.pick([10_001, 2 ** 31]));
    for (let i = 0; i < count; i++) out.u64(random.pick([1, objects, randomNumber(random, 2)]));
    const hints = random.pick<unknown>([true, { next: { list: true } }, { item: { __proto__: 1 } }, { next: 1 }, null]);
    out.json(random.chance(0.95) ? { hints } : []);
  });
}

function writeTerm(out: FrameWriter, before: number, random: Random): void {
  const kind = before === 0 ? 0 : random.chance(0.97) ? random.below(3) : 9;
  out.u8(kind);
  if (kind === 0) {
    out.sized(randomKey(random));
    return;
  }
  out.u16(random.chance(0.97) ? random.below(before) : before);
  const length = random.pick([0, 0, 1, 2, 65]);
  out.u8(length);
  for (let left = length; left > 0; left--) {
    const isName = random.chance(0.7);
    out.u8(isName ? 0 : 1);
    if (isName) out.sized(Buffer.from(random.pick(['a', '__proto__', 'length', ''])));
    else out.u32(random.pick([0, 1, 2 ** 32 - 1]));
  }
}

function commit(random: Random, id: number, base: number): Buffer {
  const whole = frame(Kind.COMMIT, FIN, id, 0, (out) => {
    const counts = [random.below(3), random.below(2), random.below(4)] as const;
    out.u64(base);
    out.u32(random.below(3));
    for (const count of counts) out.u32(random.chance(0.98) ? count : 2 ** 31);
    out.sized(randomBytes(random, 20));
    for (let i = 0; i < counts[0]; i++) {
      out.u16(1);
      out.u64(randomNumber(random, base));
      out.sized(randomKey(random));
    }
    for (let i = 0; i < counts[1]; i++) {
      out.u16(random.chance(0.9) ? 1 : 2);
      writeRandomRange(out, random);
    }
    for (let i = 0; i < counts[2]; i++) {
      const isPut = random.below(2);
      out.u16(random.chance(0.9) ? 1 : 2);
      out.u8(isPut);
      out.sized(randomKey(random));
      if (isPut === 1) out.sized(randomBytes(random, 200));
    }
  });
  if (random.chance(0.8)) return whole;
  const payload = whole.subarray(12);
  const cut = random.below(payload.length);
  return Buffer.concat([
    frame(Kind.COMMIT, 0, id, 0, (out) => out.bytes(payload, 0, cut)),
    frame(Kind.COMMIT, FIN, id, 0, (out) => out.bytes(payload, cut, payload.length - cut)),
  ]);
}

function hello(random: Random): Buffer {
  const tid = store.engine.processed();
  const after = { tid: randomNumber(random, tid), nonce: store.engine.nonceOf(tid) ?? '' };
  return frame(Kind.HELLO, FIN, 0, 0, (out) =>
    writeHello(out, random.chance(0.7) ? {} : { after, storeId: random.pick([store.engine.storeId, 'other']) }),
  );
}

/** One client. Returns how many frames it has sent. */
async function session(random: Random): Promise<number> {
  const transport = new MemoryTransport();
  let ended = 0;
  const session = new Session(store, transport, () => ended++);
  const count = 1 + random.below(80);
  const sent: Buffer[] = [];
  if (random.chance(0.95)) sent.push(random.chance(0.95) ? hello(random) : mutated(hello(random), random));
  sent.push(frame(Kind.OPEN, FIN, 0, 1, (out) => out.json({ name: 'items' })));
  for (const [i, name] of [OBJECTS, ITEMS].entries()) {
    if (random.chance(0.9)) sent.push(frame(Kind.OPEN, FIN, 0, 10 + i, (out) => out.json({ name })));
  }
  const faults = random.pick([0, 0, 0.01, 0.1]);
  while (sent.length < count) sent.push(random.chance(faults) ? mutated(request(random), random) : request(random));
  for (const each of sent) {
    if (transport.isClosed) break;
    transport.receive(each, random, false);
    if (random.chance(0.05)) await new Promise((resolve) => setImmediate(resolve));
  }
  if (!transport.isClosed && random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
  transport.destroy();
  for (let turns = 0; ended === 0 && turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(1);
  expect(session.connection.isClosed).toBe(true);
  for (const { kind, payload } of transport.frames) {
    if (kind !== Kind.ERROR && kind !== Kind.GOAWAY) continue;
    const { code, message } = JSON.parse(payload.toString()) as { code: string; message: string };
    expect(message).toBeTypeOf('string');
    if (untold.length > 0) throw untold[0];
    expect(code).toMatch(/^(ERR_(?!SERVER)|MDB_)/);
  }
  return sent.length;
}

test(`whatever a client sends, it gets typed errors, and the server goes on (seed ${SEED})`, {
  timeout: 3_600_000,
}, async () => {
  const frames = runs(10_000, 5_000_000);
  const before = process.memoryUsage().heapUsed;
  for (let done = 0, n = 0; done < frames; n++) {
    const seed = SEED + n;
    try {
      done += await session(new Random(seed));
    } catch (cause) {
      throw new Error(`FUZZ_SEED=${seed}`, { cause });
    }
  }
  expect(untold).toEqual([]);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 2 ** 20);
  const good = new MemoryTransport();
  const session_ = new Session(store, good, () => {});
  good.receive(
    frame(Kind.HELLO, FIN, 0, 0, (out) => writeHello(out, {})),
    new Random(1),
    false,
  );
  expect(good.frames.at(0)?.kind).toBe(Kind.HELLO);
  session_.connection.transport.destroy();
});
