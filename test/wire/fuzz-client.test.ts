import { expect, test } from 'vitest';
import { OBJECTS } from '../../lib/catalog/own-collections.ts';
import { RemoteEngine } from '../../lib/client/remote/remote-engine.ts';
import { isTold } from '../../lib/wire/error-message.ts';
import type { FrameWriter } from '../../lib/wire/frame-writer.ts';
import { writeHello } from '../../lib/wire/hello.ts';
import { ABSENT, DEFAULT_LIMITS, FIN, FIRST, Kind, NEXT } from '../../lib/wire/protocol.ts';
import { runs } from '../support/runs.ts';
import { Random, SEED } from '../versions/random.ts';
import { MemoryTransport } from './memory-transport.ts';
import { mutated, noise, randomBytes, randomNumber } from './random-frames.ts';
import { frame, type Received } from './raw-client.ts';

const TID = 100;
const all = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };
const key = Buffer.from('a key');
const write = { collection: 'items', key, bytes: Buffer.from('1') };

/** Everything that can be asked. */
const operations: readonly ((engine: RemoteEngine) => unknown)[] = [
  (engine) => engine.load([{ collection: 'items', key }], TID, () => {}),
  (engine) =>
    engine.load(
      [1, 2, 3].map((n) => ({ collection: 'items', key: Buffer.from(`${n}`) })),
      TID,
      () => {},
    ),
  (engine) => engine.range('items', all, TID, 1000, ({ rows }) => rows.length < 5),
  (engine) => engine.range('others', { ...all, lower: key, reverse: true }, TID, 2 ** 30, async () => {}),
  (engine) => engine.load([{ collection: OBJECTS, key: randomBytes(new Random(1), 8) }], TID, () => {}),
  (engine) => engine.count('items', all, TID),
  (engine) =>
    engine.pipeline(
      [
        { collection: 'items', terms: [key], isElements: false },
        { collection: 'others', terms: [{ step: 0, of: 'value', path: ['a', 1] }, key], isElements: true },
      ],
      TID,
      () => {},
    ),
  (engine) => engine.claimIds(3),
  (engine) =>
    engine.follow({ ids: [1, 2], hints: { a: true }, at: TID, budget: 1000 }, { state: () => {}, rows: () => {} }),
  (engine) =>
    engine.commit({
      commitId: key,
      base: TID,
      reads: [{ collection: 'items', key, tid: 3 }],
      ranges: [{ collection: 'items', range: all }],
      writes: [write, write],
    }),
  (engine) => engine.changes(TID).next(),
  async (engine) => engine.hold(TID)(),
  (engine) =>
    engine.request(
      Kind.CALL,
      ({ out }) => out.json({}),
      Kind.ANSWER,
      (payload) => payload.json(),
    ),
];

/** What a server answers, right or nearly so. */
function answers(asked: Received, random: Random): Buffer[] {
  const { id } = asked;
  const tid = randomNumber(random, TID);
  const next = random.pick([0, 0, tid + 1]);
  switch (asked.kind) {
    case Kind.HELLO:
      return [
        frame(Kind.HELLO, FIN, 0, 0, (out) =>
          writeHello(out, { storeId: 'id', tid: TID, nonce: '', limits: DEFAULT_LIMITS }),
        ),
      ];
    case Kind.GET:
      return random.chance(0.5) ? [small(id, tid, next, random)] : large(id, tid, next, random);
    case Kind.GET_MANY:
      return [3, random.below(4)].map((count) =>
        frame(Kind.MANY, random.chance(0.7) ? FIN : 0, id, 0, (out) => {
          out.u32(0);
          out.u32(count);
          for (let i = 0; i < count; i++) {
            out.u64(tid);
            out.u64(next);
            const bytes = randomBytes(random, 30);
            out.u32(random.chance(0.9) ? bytes.length : 0xffff_ffff);
            if (random.chance(0.95)) out.bytes(bytes, 0, bytes.length);
          }
        }),
      );
    case Kind.SCAN:
      return [false, false, true].slice(random.below(3)).map((isLast) => rows(id, isLast, random));
    case Kind.FOLLOW:
      return [false, false, true].slice(random.below(3)).map((isLast) => followed(id, isLast, tid, next, random));
    case Kind.PREFETCH:
      return [false, true].slice(random.below(2)).map(() => sent(id, tid, next, random));
    case Kind.PIPELINE:
      return [states(id, tid, next, random)];
    case Kind.COUNT:
    case Kind.CLAIM:
    case Kind.HOLD:
      return [
        frame(Kind.NUMBER, FIN, id, 0, (out) => {
          for (const n of [tid, next].slice(random.below(2))) out.u64(n);
        }),
      ];
    case Kind.COMMIT:
      return random.chance(0.5)
        ? [frame(Kind.COMMITTED, FIN, id, 0, (out) => out.u64(tid))]
        : [
            frame(Kind.CONFLICTS, FIN | (random.below(2) * NEXT), id, 0, (out) => {
              for (const n of [1, random.below(3)]) out.u32(n);
            }),
          ];
    case Kind.CHANGES:
      return [changed(id, tid, random)];
    case Kind.CALL:
      return [frame(Kind.ANSWER, FIN, id, 0, (out) => out.json(random.pick<unknown>([{ a: 1 }, [], 7])))];
    default:
      return [];
  }
}

function states(id: number, tid: number, next: number, random: Random): Buffer {
  return frame(Kind.STATES, random.chance(0.95) ? FIN : 0, id, 0, (out) => writeStates(out, tid, next, random));
}

function sent(id: number, tid: number, next: number, random: Random): Buffer {
  return frame(Kind.SENT, random.chance(0.9) ? 0 : FIN, id, 0, (out) => {
    out.u32(random.pick([1, 2, 2 ** 32 - 1]));
    writeStates(out, tid, next, random);
  });
}

function followed(id: number, isLast: boolean, tid: number, next: number, random: Random): Buffer {
  return frame(Kind.FOLLOWED, isLast ? FIN : 0, id, 0, (out) => {
    writeStates(out, tid, next, random);
    const count = random.below(3);
    out.u32(random.chance(0.97) ? count : 2 ** 31);
    for (let i = 0; i < count; i++) {
      const rows = random.below(3);
      out.u16(random.chance(0.97) ? 1 : random.below(5));
      out.u8(0);
      out.u32(random.chance(0.97) ? rows : 2 ** 31);
      for (let left = rows; left > 0; left--) {
        out.sized(randomBytes(random, 20));
        out.u64(tid);
        out.sized(randomBytes(random, 20));
      }
    }
  });
}

function writeStates(out: FrameWriter, tid: number, next: number, random: Random): void {
  const count = random.below(4);
  out.u32(random.chance(0.97) ? count : 2 ** 31);
  for (let i = 0; i < count; i++) {
    out.u16(random.chance(0.97) ? 1 : random.below(5));
    out.sized(randomBytes(random, 20));
    out.u64(tid);
    out.u64(next);
    const bytes = randomBytes(random, 30);
    out.u32(random.chance(0.9) ? bytes.length : random.pick([0xffff_ffff, 0xffff_fffe]));
    if (random.chance(0.95)) out.bytes(bytes, 0, bytes.length);
  }
}

function small(id: number, tid: number, next: number, random: Random): Buffer {
  const bytes = randomBytes(random, 300);
  return frame(Kind.VALUE, random.chance(0.8) ? FIN : FIN | ABSENT, id, 0, (out) => {
    out.u64(tid);
    out.u64(next);
    out.bytes(bytes, 0, bytes.length);
  });
}

function large(id: number, tid: number, next: number, random: Random): Buffer[] {
  const sizes = Array.from({ length: 1 + random.below(3) }, () =>
    random.pick([0, 1, 1, 100, 100, 2000, 9000, random.chance(0.1) ? 200_000 : 3]),
  );
  const told =
    sizes.reduce((sum, size) => sum + size, 0) + (random.chance(0.9) ? 0 : random.pick([1, 1000, 2 ** 31, 2 ** 40]));
  const first = frame(Kind.CHUNK, FIRST, id, 0, (out) => {
    out.u64(tid);
    out.u64(next);
    out.u64(told);
  });
  const chunks = sizes.map((size, i) =>
    frame(Kind.CHUNK, i === sizes.length - 1 ? FIN : 0, id, 0, (out) => out.bytes(Buffer.alloc(size, 'v'), 0, size)),
  );
  return random.chance(0.9) ? [first, ...chunks] : chunks;
}

function rows(id: number, isLast: boolean, random: Random): Buffer {
  const count = random.below(4);
  return frame(Kind.ROWS, isLast ? FIN : 0, id, 0, (out) => {
    out.u64(TID);
    out.u32(random.chance(0.95) ? count : 2 ** 28);
    out.u32(0);
    for (let i = 0; i < count; i++) {
      const at = count * 16 + i * 20;
      for (const number of [at, 6, at + 14, 6])
        out.u32(random.chance(0.97) ? number : randomNumber(random, 0) % 2 ** 32);
    }
    for (let i = 0; i < count * 20; i += 4) out.u32(i % 20 === 8 ? 0 : i);
  });
}

function changed(id: number, tid: number, random: Random): Buffer {
  return frame(Kind.CHANGED, 0, id, 0, (out) => {
    out.u64(tid);
    out.u64(1);
    out.bytes(Buffer.alloc(8, random.below(256)), 0, 8);
    const counts = [random.below(2), random.below(3)] as const;
    out.u32(counts[0]);
    for (let i = 0; i < counts[0]; i++) out.sized(key);
    out.u32(random.chance(0.97) ? counts[1] : 2 ** 31);
    for (let i = 0; i < counts[1]; i++) {
      out.sized(Buffer.from('items'));
      const kind = random.chance(0.95) ? random.below(3) : 9;
      out.u8(kind);
      if (kind === 0) {
        out.u32(1);
        out.sized(key);
      } else out.u8(random.below(3) * 2);
    }
  });
}

/** A store that is asked everything by a server that answers anything. Returns how many frames have come. */
async function session(random: Random): Promise<number> {
  const transports: MemoryTransport[] = [];
  const connecting = RemoteEngine.connect({
    dial: async () => {
      const transport = new MemoryTransport();
      transports.push(transport);
      return transport;
    },
    token: undefined,
    timeout: 1,
    mostValue: 1_000_000,
    prefetch: random.chance(0.5),
    onState: () => {},
  });
  const into = random.chance(0.5);
  const faults = random.pick([0, 0.002, 0.02, 0.2]);
  let frames = 0;
  const answer = (transport: MemoryTransport): void => {
    for (const asked of transport.frames.splice(0)) {
      for (const each of answers(asked, random)) {
        if (transport.isClosed) return;
        const isFault = random.chance(faults) && (asked.kind !== Kind.HELLO || random.chance(0.2));
        transport.receive(isFault ? mutated(each, random) : each, random, into);
        frames++;
        if (!random.chance(0.1) || transport.isClosed) continue;
        const own = random.pick([changed(random.below(3), TID + 1 + random.below(3), random), noise(random)]);
        transport.receive(random.chance(faults) ? mutated(own, random) : own, random, into);
        frames++;
      }
    }
  };
  const turn = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    for (const transport of transports) answer(transport);
  };
  const settled = settle(connecting);
  for (let turns = 0; turns < 5 && !settled.isDone; turns++) await turn();
  if (!settled.isDone) for (const transport of transports) transport.destroy();
  const engine = await connecting.catch(checkError);
  if (engine === undefined) return frames + 1;
  const waiting: Settled[] = [];
  for (let i = random.below(60); i >= 0; i--) {
    waiting.push(settle((async () => random.pick(operations)(engine))()));
    if (random.chance(0.1)) await turn();
  }
  for (let turns = random.below(4); turns >= 0; turns--) await turn();
  engine.close();
  for (let turns = 0; turns < 20 && waiting.some(({ isDone }) => !isDone); turns++)
    await new Promise((resolve) => setImmediate(resolve));
  expect(waiting.filter(({ isDone }) => !isDone).length, 'promises that did not settle').toBe(0);
  for (const { error } of waiting) checkError(error);
  for (const transport of transports) expect(transport.isClosed).toBe(true);
  return frames;
}

interface Settled {
  isDone: boolean;
  error: unknown;
}

function settle(promise: Promise<unknown>): Settled {
  const settled: Settled = { isDone: false, error: undefined };
  promise.then(
    () => {
      settled.isDone = true;
    },
    (error) => {
      settled.isDone = true;
      settled.error = error;
    },
  );
  return settled;
}

function checkError(error: unknown): undefined {
  if (error === undefined) return;
  if (!isTold(error)) throw error;
  // An error of this side, which is no fault of the protocol, has it as its cause.
  const { cause } = error as { cause?: unknown };
  if (cause !== undefined && !isTold(cause) && !(cause instanceof SyntaxError)) throw cause;
}

test(`whatever a server sends, each promise settles, with typed errors (seed ${SEED})`, {
  timeout: 3_600_000,
}, async () => {
  const most = runs(2000, 5_000_000);
  const before = process.memoryUsage();
  for (let done = 0, n = 0; done < most; n++) {
    const seed = SEED + n;
    try {
      done += await session(new Random(seed));
    } catch (cause) {
      throw new Error(`FUZZ_SEED=${seed}`, { cause });
    }
  }
  const after = process.memoryUsage();
  expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(300 * 2 ** 20);
});
