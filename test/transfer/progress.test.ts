import { describe, expect, it } from 'vitest';
import { exportRecords, importRecords, json, struct, type TransferProgress, t, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, fileOf, newPath, textOf } from './files.ts';

const Row = struct({ id: t.utf8, n: t.u32, pad: t.utf8 });
const rowsOf = () => collectionOf({ key: utf8, value: Row });
/** Makes records long, so that few records fill many pieces. */
const pad = 'x'.repeat(200);
const rowOf = (n: number): string => `{"id":"${String(n).padStart(9, '0')}","n":${n},"pad":"${pad}"}\n`;

function text(count: number): string {
  let all = '';
  for (let n = 0; n < count; n++) all += rowOf(n);
  return all;
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread for that many ms, as work would, but without using the processor. */
function work(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}

/** Calls `fn`, and counts the turns of the event loop meanwhile. */
async function turnsDuring<T>(fn: () => Promise<T>): Promise<{ result: T; turns: number }> {
  let turns = 0;
  let waiting = setImmediate(function count() {
    turns++;
    waiting = setImmediate(count);
  });
  try {
    return { result: await fn(), turns };
  } finally {
    clearImmediate(waiting);
  }
}

/** Rows and bytes never go down, and the last report is that of the end. */
function checkReports(told: readonly TransferProgress[], rows: number, bytes: number): void {
  for (const [i, { rows: done, bytes: read, rate }] of told.entries()) {
    expect(done).toBeGreaterThanOrEqual(told[i - 1]?.rows ?? 0);
    expect(read).toBeGreaterThanOrEqual(told[i - 1]?.bytes ?? 0);
    expect(rate).toBeGreaterThanOrEqual(0);
  }
  expect(told.at(-1)).toMatchObject({ rows, bytes });
}

describe('progress', () => {
  // 2 MB in pieces of 256 KiB. With 100 ms of work in each, a report comes at least every three pieces.
  const count = 8_000;
  const file = fileOf('rows.ndjson', text(count));
  const slowly = ({ id, n }: { id: string; n: number }): string => {
    if (n % 1000 === 0) work(100);
    return id;
  };

  it('of an import of a file comes while it runs, with the time that is left, and at the end', async () => {
    const { items } = rowsOf();
    const told: TransferProgress[] = [];
    const size = textOf(file).length;
    const result = await importRecords(items, file, { key: slowly, onProgress: (progress) => told.push(progress) });
    expect(result).toMatchObject({ rows: count, bytes: size });
    checkReports(told, count, size);
    const during = told.slice(0, -1);
    expect(during.length).toBeGreaterThanOrEqual(2);
    for (const { rows, bytes, totalBytes, rate, secondsLeft } of during) {
      expect(rows).toBeLessThanOrEqual(count);
      expect(bytes).toBeLessThanOrEqual(size);
      expect(totalBytes).toBe(size);
      expect(rate).toBeGreaterThan(0);
      expect(secondsLeft).toBeGreaterThanOrEqual(0);
    }
    expect(told.at(-1)).toMatchObject({ secondsLeft: 0 });
  });

  it('of a stream does not tell what nobody knows', async () => {
    const { items } = rowsOf();
    const told: TransferProgress[] = [];
    await importRecords(items, [Buffer.from(text(10))] as never, { key: 'id', onProgress: (one) => told.push(one) });
    checkReports(told, 10, text(10).length);
    expect(Object.keys(told.at(-1) as object).sort()).toEqual(['bytes', 'rate', 'rows']);
  });

  it('of an import that is resumed takes the time by what is read now', async () => {
    const { items } = rowsOf();
    let calls = 0;
    const stopping = ({ id }: { id: string }): string => {
      if (++calls === 5_000) throw new Error('stop');
      return id;
    };
    const options = { maxMemoryBytes: 4 * 2 ** 20 };
    await failure(importRecords(items, file, { ...options, key: stopping }));
    const stored = items.count();
    expect(stored).toBeGreaterThan(1_000);
    const told: TransferProgress[] = [];
    const onProgress = (progress: TransferProgress): void => void told.push(progress);
    const result = await importRecords(items, file, { ...options, key: slowly, resume: true, onProgress });
    expect(result.rows).toBe(count - stored);
    checkReports(told, count - stored, textOf(file).length);
    for (const { rows, rate, bytes, totalBytes, secondsLeft } of told.slice(0, -1)) {
      // The time left, at the reported rate, fits the bytes that are left. The tolerance is what may be read ahead.
      const left = ((totalBytes as number) - bytes) / (textOf(file).length / count);
      expect(Math.abs((secondsLeft as number) * rate - left)).toBeLessThanOrEqual(left * 0.5 + 2_000);
      expect(rows).toBeLessThanOrEqual(count - stored);
    }
  });

  it('of an export comes while it runs, and at the end', async () => {
    const { items } = collectionOf({
      key: utf8,
      value: {
        name: 'slow',
        encode: (value: string) => Buffer.from(value),
        decode: (bytes: Uint8Array) => {
          if (bytes[0] === 0x30) work(30);
          return Buffer.from(bytes).toString();
        },
      },
    });
    await importRecords(items, [
      Buffer.from(
        Array.from({ length: 20_000 }, (_, i) => `{"key":"${i}","value":"${i % 1000} ${'x'.repeat(60)}"}\n`).join(''),
      ),
    ] as never);
    const told: TransferProgress[] = [];
    const result = await exportRecords(items.range(), newPath('out.ndjson'), {
      onProgress: (progress) => told.push(progress),
    });
    expect(result.rows).toBe(20_000);
    checkReports(told, 20_000, result.bytes);
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(Object.keys(told[0] as object).sort()).toEqual(['bytes', 'rate', 'rows']);
  });

  it('whose report throws ends the transfer with that', async () => {
    const { env, items } = rowsOf();
    const onProgress = (): never => {
      throw new Error('not interested');
    };
    const error = await failure(importRecords(items, [Buffer.from(rowOf(1))] as never, { key: 'id', onProgress }));
    expect(error.message).toContain('not interested');
    const target = newPath('out.ndjson');
    expect((await failure(exportRecords(items.range(), target, { onProgress }))).message).toContain('not interested');
    expect(env.counters().snapshots).toBe(0);
  });
});

describe('the event loop', () => {
  it('turns while a file is imported, with no more than some pieces of it in between', async () => {
    const { items } = rowsOf();
    const count = 25_000;
    const file = fileOf('rows.ndjson', text(count));
    const pieces = Math.floor(textOf(file).length / (256 * 1024));
    let sinceTurn = 0;
    let most = 0;
    const key = ({ id }: { id: string }): string => {
      most = Math.max(most, ++sinceTurn);
      return id;
    };
    let waiting = setImmediate(function turn() {
      sinceTurn = 0;
      waiting = setImmediate(turn);
    });
    const { turns } = await turnsDuring(() => importRecords(items, file, { key }));
    clearImmediate(waiting);
    expect(turns).toBeGreaterThanOrEqual(pieces / 2);
    expect(most).toBeLessThanOrEqual((4 * count) / pieces);
  });

  it('turns while what came in one piece is imported', async () => {
    const { items } = rowsOf();
    const whole = Buffer.from(text(20_000));
    const pieces = Math.floor(whole.length / (256 * 1024));
    // 10 ms of work in each piece, so after each piece the import must let the event loop run.
    const key = ({ id, n }: { id: string; n: number }): string => {
      if (n % 600 === 0) work(10);
      return id;
    };
    const { result, turns } = await turnsDuring(() => importRecords(items, [whole] as never, { key }));
    expect(result.rows).toBe(20_000);
    expect(turns).toBeGreaterThanOrEqual(pieces);
  });

  it('turns while records are sorted in files, and stored', async () => {
    const { items } = rowsOf();
    const count = 72_000;
    function* shuffled(): Generator<string> {
      for (let i = 0; i < count; i += 1000) {
        let piece = '';
        for (let k = i; k < i + 1000; k++) piece += rowOf((k * 7919) % count);
        yield piece;
      }
    }
    let read = 0;
    let now = 0;
    const source = (async function* () {
      yield* shuffled();
      read = now;
    })();
    let waiting = setImmediate(function turn() {
      now++;
      waiting = setImmediate(turn);
    });
    await importRecords(items, source, { key: 'id', maxMemoryBytes: 4 * 2 ** 20 });
    clearImmediate(waiting);
    // The merge begins after the last record is read. It takes at least 32 transactions of half a MiB.
    expect(items.count()).toBe(count);
    expect(read).toBeGreaterThan(0);
    expect(now - read).toBeGreaterThanOrEqual(5);
  });

  it('turns while a file is exported', async () => {
    const { items } = rowsOf();
    await importRecords(items, [Buffer.from(text(25_000))] as never, { key: 'id' });
    const { result, turns } = await turnsDuring(() => exportRecords(items.range(), newPath('out.ndjson')));
    // The export waits for each piece of 64 KiB.
    expect(turns).toBeGreaterThanOrEqual(result.bytes / (64 * 1024) / 2);
  });

  it('turns while the columns of CSV are looked for', async () => {
    const { items } = collectionOf({
      key: utf8,
      value: {
        name: 'slow',
        encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
        decode: (bytes: Uint8Array) => {
          work(0.5);
          return JSON.parse(Buffer.from(bytes).toString()) as object;
        },
      },
    });
    const file = fileOf(
      'rows.ndjson',
      Array.from({ length: 640 }, (_, i) => `{"key":"${i}","value":{"n":${i}}}\n`).join(''),
    );
    await importRecords(items as never, file);
    // The output is a single piece, so these turns belong to the first pass, which lets the event loop run after every 64 records.
    const { turns } = await turnsDuring(() => exportRecords(items.range() as never, newPath('out.csv')));
    expect(turns).toBeGreaterThanOrEqual(9);
    expect(
      await exportRecords(collectionOf({ key: utf8, value: json }).items.range(), newPath('none.csv')),
    ).toMatchObject({
      rows: 0,
    });
  });
});
