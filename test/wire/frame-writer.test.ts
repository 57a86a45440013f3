import { expect, test } from 'vitest';
import { FrameWriter } from '../../lib/wire/frame-writer.ts';
import { FIN, Kind } from '../../lib/wire/protocol.ts';
import { Random, SEED } from '../versions/random.ts';

/** A writer whose socket keeps what it was given, by reference, until it is drained. */
class Writing {
  readonly #out = new FrameWriter();
  /** What was given, and a copy of it. */
  #queued: { piece: Uint8Array; copy: Uint8Array }[] = [];

  write(length: number, fill: number): void {
    this.#out.begin(Kind.VALUE, FIN, fill, 0);
    this.#out.bytes(new Uint8Array(length).fill(fill), 0, length);
    this.#out.end();
  }

  whole(length: number, fill: number): void {
    this.#out.whole(new Uint8Array(length).fill(fill));
  }

  /** The socket sends all that it has, and `takesAll` says whether what is given to it now goes out at once. */
  flush(takesAll: boolean): void {
    for (const piece of this.#out.take()) this.#queued.push({ piece, copy: Uint8Array.from(piece) });
    if (takesAll) this.check();
    this.#out.release(takesAll);
  }

  drain(): void {
    this.check();
    this.#out.sent();
  }

  /** What was queued goes out: it must be what was given. */
  check(): void {
    for (const { piece, copy } of this.#queued) expect(Buffer.compare(piece, copy)).toBe(0);
    this.#queued = [];
  }
}

test(`memory is written again only when its bytes have been sent, however many connections share it (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const writers = Array.from({ length: 12 }, () => new Writing());
  for (let i = 0; i < 5000; i++) {
    const writer = random.pick(writers);
    for (let frames = random.below(4); frames >= 0; frames--) {
      writer.write(random.below(random.pick([100, 100, 20_000, 65_000, 200_000])), random.below(256));
      if (random.chance(0.2)) writer.whole(4 * random.below(random.pick([10, 2000])), random.below(256));
    }
    if (random.chance(0.8)) writer.flush(random.chance(0.5));
    if (random.chance(0.2)) {
      writer.flush(false);
      writer.drain();
    }
  }
  for (const writer of writers) writer.check();
});

test('a connection whose bytes go out at once writes into the same memory again and again', () => {
  const out = new FrameWriter();
  const places = Array.from({ length: 100 }, () => {
    out.begin(Kind.VALUE, FIN, 1, 0);
    out.bytes(new Uint8Array(60_000), 0, 60_000);
    out.end();
    const [piece] = out.take() as [Uint8Array];
    out.release(true);
    return piece.buffer;
  });
  expect(new Set(places).size).toBe(1);
});

test(`frames that are made already keep their place among the others (seed ${SEED})`, () => {
  const random = new Random(SEED);
  for (let i = 0; i < 300; i++) {
    const out = new FrameWriter();
    const frames: Uint8Array[] = [];
    for (let left = random.below(10); left >= 0; left--) {
      const payload = new Uint8Array(random.below(random.pick([20, 3000, 70_000]))).fill(left);
      const alone = new FrameWriter();
      for (const writer of [alone, out]) {
        if (writer === out && random.chance(0.5)) continue;
        writer.begin(Kind.VALUE, FIN, left, 0);
        writer.bytes(payload, 0, payload.length);
        writer.end();
      }
      const frame = Buffer.concat(alone.take());
      const expected = frames.reduce((sum, { length }) => sum + length, 0);
      if (out.pending === expected) out.whole(frame);
      frames.push(frame);
      expect(out.pending).toBe(expected + frame.length);
    }
    expect(Buffer.compare(Buffer.concat(out.take()), Buffer.concat(frames))).toBe(0);
    out.release(true);
  }
});

test('a large frame that is made already is not copied', () => {
  const out = new FrameWriter();
  const frame = new Uint8Array(40_000);
  out.whole(frame);
  expect(out.take()[0]?.buffer).toBe(frame.buffer);
});
