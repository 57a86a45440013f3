import type { ByteRange } from '../../../lib/read/bounds.ts';
import type { Change, Tid } from '../../../lib/versions/engine/engine.ts';
import type { Frame } from '../../../lib/wire/frame-reader.ts';
import type { FrameWriter } from '../../../lib/wire/frame-writer.ts';
import type { Transport, TransportEvents } from '../../../lib/wire/transport.ts';
import type { Random } from '../../versions/random.ts';
import type { History } from './history.ts';
import type { ClientLibrary } from './library.ts';

const FIN = 1;
const FIRST = 2;
const ABSENT = 4;
const REST = 8;
const REVERSE = 16;
const NONE = 0xffff_ffff;
const LIMITS = { request: 2 ** 20, commit: 2 ** 26, value: 2 ** 30, requests: 1000, streams: 64, heartbeat: 1e9 };

/** How a server may tell what a client has missed. The first one is right. */
export type Verification = 'commits' | 'keys without tids' | 'last changes';

/** What servers have in common. */
export interface Served {
  history: History;
  readonly lib: ClientLibrary;
  readonly random: Random;
  readonly verification: Verification;
  /** A commit by a client. */
  commit(writes: ReadonlyMap<string, string | undefined>): Tid;
}

/** A server that may lag, the connection of one client with it, and all that is on the way: what comes next, and when, the model decides. */
export class FakeConnection implements Transport {
  readonly queued = 0;
  readonly peer = 'the model';
  /** The history that the server had when the client came. */
  readonly history: History;
  /** Up to which commit the server knows, and has told, everything. */
  told: Tid;
  isOpen = true;
  /** Whether the server has answered HELLO, and the connection was not lost since. */
  isGreeted = false;
  readonly #served: Served;
  readonly #out: FrameWriter;
  #events: TransportEvents | undefined;
  /** What the client has sent. */
  #up: (() => void)[] = [];
  /** What the server has sent. */
  #down: Buffer = Buffer.alloc(0);
  /** The rest of answers in several frames. */
  #answers: (() => void)[] = [];

  readonly #welcomed: () => void;

  /** `welcomed`: the client goes on in the history of the server. */
  constructor(served: Served, told: Tid, welcomed: () => void) {
    this.#served = served;
    this.#welcomed = welcomed;
    this.history = served.history;
    this.told = told;
    this.#out = new served.lib.FrameWriter();
  }

  start(events: TransportEvents): void {
    this.#events = events;
    if (!this.isOpen) queueMicrotask(() => events.closed(new Error('cut')));
  }

  send(pieces: readonly Uint8Array[]): void {
    const { FrameReader } = this.#served.lib;
    new FrameReader(2 ** 26, (frame) => {
      const own = { ...frame, bytes: Uint8Array.from(frame.bytes.subarray(0, frame.end)) };
      this.#up.push(() => this.#take(own));
    }).push(Buffer.concat(pieces));
  }

  pause(): void {}
  resume(): void {}
  close(): void {
    this.cut();
  }
  destroy(): void {
    this.cut();
  }

  /** The connection is lost, with all that is on the way. */
  cut(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.isGreeted = false;
    this.#up = [];
    this.#down = Buffer.alloc(0);
    this.#events?.closed(new Error('cut'));
  }

  /** The server takes what the client has sent next, or sends more of an answer, perhaps several times. */
  serve(): void {
    if (!this.isOpen) return;
    const { random } = this.#served;
    do {
      const isAnswer = this.#answers.length > 0 && (this.#up.length === 0 || random.chance(0.5));
      (isAnswer ? this.#answers : this.#up).shift()?.();
    } while (random.chance(0.6));
    this.#flush();
  }

  /** The server is told the next commit, and tells it. */
  advance(): void {
    if (!this.isOpen || this.told >= this.history.newest || this.#events === undefined) return;
    if (this.isGreeted) this.#tell(this.history.change(++this.told));
    this.#flush();
  }

  /** The client receives some of what the server has sent: frames, or parts of them. */
  deliver(): void {
    if (this.#down.length === 0) return;
    const { random } = this.#served;
    const count = random.chance(0.5) ? this.#down.length : 1 + random.below(this.#down.length);
    const piece = this.#down.subarray(0, count);
    this.#down = this.#down.subarray(count);
    this.#events?.receiver.push(piece);
  }

  #flush(): void {
    this.#down = Buffer.concat([this.#down, ...this.#out.take()]);
    this.#out.release(true);
  }

  #take(frame: Frame): void {
    const { lib } = this.#served;
    const { Kind } = lib;
    const payload = new lib.Payload(frame.bytes, frame.start, frame.end);
    if (frame.kind === Kind.HELLO) this.#hello(lib.readClientHello(payload));
    else if (frame.kind === Kind.GET) {
      const at = payload.u64();
      const from = (frame.flags & REST) === 0 ? undefined : payload.u64();
      this.#get(frame.id, at, from, Buffer.from(payload.rest()).toString());
    } else if (frame.kind === Kind.GET_MANY) {
      const at = payload.u64();
      const keys = Array.from({ length: payload.u32() }, () => Buffer.from(payload.sized()).toString());
      this.#many(frame.id, at, keys, 0);
    } else if (frame.kind === Kind.SCAN) {
      const { at, range, flags } = lib.readScan(payload, REVERSE);
      const rows = this.history.rows(at, (key) => isIn(key, range));
      this.#rows(frame.id, at, (flags & REVERSE) !== 0 ? rows.reverse() : rows);
    } else if (frame.kind === Kind.COMMIT) {
      const { writes } = lib.readCommit(payload, () => 'items');
      const texts = writes.map(
        ({ key, bytes }) => [Buffer.from(key).toString(), bytes && Buffer.from(bytes).toString()] as const,
      );
      const tid = this.#served.commit(new Map(texts));
      this.#out.begin(Kind.COMMITTED, FIN, frame.id, 0);
      this.#out.u64(tid);
      this.#out.end();
    }
  }

  #hello({ after, storeId }: { after?: { tid: number; nonce: string }; storeId?: string }): void {
    const { lib, random, verification } = this.#served;
    const isOther = after !== undefined && (after.tid > this.told || this.history.nonceOf(after.tid) !== after.nonce);
    const isOld = after !== undefined && after.tid < this.told && random.chance(0.1);
    const reset = isOther && storeId !== undefined ? 'other-history' : isOld ? 'too-old' : undefined;
    this.#out.begin(lib.Kind.HELLO, FIN, 0, 0);
    const { told: tid } = this;
    lib.writeHello(this.#out, {
      storeId: 'model',
      tid,
      nonce: this.history.nonceOf(tid),
      limits: LIMITS,
      ...(reset !== undefined && { reset }),
    });
    this.#out.end();
    this.isGreeted = true;
    if (reset !== 'other-history') this.#welcomed();
    if (after === undefined || reset !== undefined) return;
    for (const change of missed(this.history, after.tid, tid, verification)) this.#tell(change);
  }

  #tell(change: Change): void {
    this.#out.begin(this.#served.lib.Kind.CHANGED, 0, 0, 0);
    this.#served.lib.writeChange(this.#out, change);
    this.#out.end();
  }

  /** `from`: how many bytes of the value the client has, if it has begun to receive it. */
  #get(id: number, at: Tid, from: number | undefined, key: string): void {
    const { lib, random } = this.#served;
    const { tid, text } = this.history.at(key, at);
    const next = this.history.next(key, at, this.told) ?? 0;
    const isLarge = text !== undefined && (from !== undefined || random.chance(0.3));
    this.#out.begin(
      isLarge ? lib.Kind.CHUNK : lib.Kind.VALUE,
      isLarge ? FIRST : text === undefined ? FIN | ABSENT : FIN,
      id,
      0,
    );
    this.#out.u64(tid);
    this.#out.u64(next);
    const bytes = Buffer.from(text ?? '');
    if (isLarge) this.#out.u64(bytes.length);
    else this.#out.bytes(bytes, 0, bytes.length);
    this.#out.end();
    if (!isLarge) return;
    const halves = [bytes.subarray(0, 1), bytes.subarray(1)].slice(from);
    for (const [i, half] of halves.entries()) {
      this.#answers.push(() => {
        this.#out.begin(lib.Kind.CHUNK, i === halves.length - 1 ? FIN : 0, id, 0);
        this.#out.bytes(half, 0, half.length);
        this.#out.end();
      });
    }
  }

  #many(id: number, at: Tid, keys: readonly string[], first: number): void {
    const { lib, random } = this.#served;
    const count = Math.min(keys.length - first, 1 + random.below(2));
    const isLast = first + count === keys.length;
    this.#out.begin(lib.Kind.MANY, isLast ? FIN : 0, id, 0);
    this.#out.u32(first);
    this.#out.u32(count);
    for (const key of keys.slice(first, first + count)) {
      const { tid, text } = this.history.at(key, at);
      this.#out.u64(tid);
      this.#out.u64(this.history.next(key, at, this.told) ?? 0);
      this.#out.u32(text === undefined ? NONE : text.length);
      if (text !== undefined) this.#out.bytes(Buffer.from(text), 0, text.length);
    }
    this.#out.end();
    if (!isLast) this.#answers.push(() => this.#many(id, at, keys, first + count));
  }

  #rows(
    id: number,
    at: Tid,
    rows: readonly { readonly key: string; readonly tid: Tid; readonly text: string | undefined }[],
  ): void {
    const { lib, random } = this.#served;
    const some = rows.slice(0, 1 + random.below(3));
    const rest = rows.slice(some.length);
    this.#out.begin(lib.Kind.ROWS, rest.length === 0 ? FIN : 0, id, 0);
    this.#out.u64(at);
    this.#out.u32(some.length);
    this.#out.u32(0);
    let place = some.length * 16;
    for (const { key, text } of some) {
      const length = (text as string).length;
      for (const word of [place, key.length, place + key.length + 8, length]) this.#out.u32(word);
      place += key.length + 8 + length;
    }
    for (const { key, tid, text } of some) {
      this.#out.bytes(Buffer.from(key), 0, key.length);
      this.#out.u64(tid);
      this.#out.bytes(Buffer.from(text as string), 0, (text as string).length);
    }
    this.#out.end();
    if (rest.length > 0) this.#answers.push(() => this.#rows(id, at, rest));
  }
}

/** What a client has missed, as a server tells it. */
function missed(history: History, after: Tid, newest: Tid, verification: Verification): Change[] {
  const all = Array.from({ length: newest - after }, (_, i) => history.change(after + 1 + i));
  if (verification === 'commits' || all.length === 0) return all;
  // As if the commits before had changed nothing that was changed again, or nothing at all.
  const last = new Map<string, Tid>();
  for (const { tid } of all) {
    for (const key of history.commits[tid - 1]?.writes.keys() ?? []) {
      last.set(key, verification === 'last changes' ? tid : newest);
    }
  }
  return all.map((change) => {
    const keys = [...last].filter(([, tid]) => tid === change.tid).map(([key]) => Buffer.from(key));
    return { ...change, changes: [{ collection: 'items', keys, range: undefined, dropped: false }] };
  });
}

function isIn(key: string, { lower, lowerOpen, upper, upperOpen }: ByteRange): boolean {
  const [from, to] = [lower, upper].map((bound) => bound && Buffer.from(bound).toString());
  return (
    (from === undefined || (lowerOpen ? key > from : key >= from)) &&
    (to === undefined || (upperOpen ? key < to : key <= to))
  );
}
