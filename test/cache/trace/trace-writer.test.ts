import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHANGE, READ, WRITE } from '../../../lib/cache/trace/trace-batch.ts';
import { TraceWriter } from '../../../lib/cache/trace/trace-writer.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { collect } from './collect.ts';

const key = (text: string): Buffer => Buffer.from(text);
const newPath = (): string => join(temporaryFolder(), 'a.trace');

test('records are read as they were recorded; a key in another collection is another object', async () => {
  const path = newPath();
  const before = Date.now();
  const writer = await TraceWriter.open(path);
  writer.record(READ, 'cities', key('Paris'), 120, 7);
  writer.record(WRITE, 'cities', key('Paris'), 130, 9);
  writer.record(CHANGE, 'towns', key('Paris'), 0, 8);
  writer.record(READ, 'cities', key('Lyon'), 2 ** 40, 2 ** 50);
  await writer.close();
  const records = await collect(readFileSync(path));
  expect(records.map(([op, , size, tid]) => [op, size, tid])).toEqual([
    [READ, 120, 7],
    [WRITE, 130, 9],
    [CHANGE, 0, 8],
    [READ, 2 ** 40, 2 ** 50],
  ]);
  const [paris, same, town, lyon] = records.map(([, key]) => key);
  expect(same).toBe(paris);
  expect(new Set([paris, town, lyon]).size).toBe(3);
  for (const [, , , , time] of records) expect(time >= before && time <= Date.now()).toBe(true);
});

test('a recording goes on behind what the file has, also behind a block that was cut off', async () => {
  const path = newPath();
  for (const text of ['a', 'b', 'c']) {
    const writer = await TraceWriter.open(path);
    writer.record(READ, 'x', key(text), text.charCodeAt(0), 1);
    await writer.close();
    appendFileSync(path, Buffer.alloc(text === 'a' ? 5 : 30, 9));
  }
  const { size } = statSync(path);
  const writer = await TraceWriter.open(path);
  await writer.close();
  expect(statSync(path).size).toBe(size - 30);
  expect((await collect(readFileSync(path))).map(([, , bytes]) => bytes)).toEqual([97, 98, 99]);
});

test('more than a block is written while the program goes on', async () => {
  const path = newPath();
  const writer = await TraceWriter.open(path);
  for (let i = 0; i < 60_000; i++) {
    writer.record(READ, 'x', key(String(i % 500)), i, i);
    if (i % 1000 === 0) await new Promise(setImmediate);
  }
  await writer.close();
  const records = await collect(readFileSync(path));
  expect([writer.dropped, records.length]).toEqual([0, 60_000]);
  expect(records.every(([, , size, tid], i) => size === i && tid === i)).toBe(true);
  expect(new Set(records.map(([, key]) => key)).size).toBe(500);
});

test('while the disk does not answer, memory is bounded, and records are left out and counted', async () => {
  const path = newPath();
  const writer = await TraceWriter.open(path);
  // Nothing is written as long as this code does not return.
  for (let i = 0; i < 200_000; i++) writer.record(READ, 'x', key('a'), i, i);
  expect(writer.dropped).toBeGreaterThan(100_000);
  await writer.close();
  const { length } = await collect(readFileSync(path));
  expect(length + writer.dropped).toBe(200_000);
  expect(statSync(path).size).toBeLessThan(17 * 65_600);
});

test('what is recorded after the end is left out', async () => {
  const writer = await TraceWriter.open(newPath());
  await writer.close();
  writer.record(READ, 'x', key('a'), 1, 1);
  expect(writer.dropped).toBe(1);
  await writer.close();
});

test('%p in the path is the number of the process', async () => {
  const path = join(temporaryFolder(), 'server-%p.trace');
  const writer = await TraceWriter.open(path);
  await writer.close();
  expect([writer.path, existsSync(writer.path)]).toEqual([path.replace('%p', String(process.pid)), true]);
});

test('errors say which file', async () => {
  const path = newPath();
  writeFileSync(path, 'not a trace at all, but a text');
  await expect(TraceWriter.open(path)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  expect(readFileSync(path, 'utf8')).toMatch(/^not a trace/);
  await expect(TraceWriter.open(join(path, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  const absent = join(temporaryFolder(), 'absent', 'a.trace');
  await expect(TraceWriter.open(absent)).rejects.toMatchObject({
    code: 'ENOENT',
    message: expect.stringContaining(`cannot record into '${absent}'`),
  });
});

test.runIf(existsSync('/dev/full'))('a full disk ends the recording, not the program', async () => {
  const writer = await TraceWriter.open('/dev/full').catch((error) => error);
  // A device has no end to go to, so it is refused at once, with the error of the disk.
  expect(writer).toMatchObject({ code: 'ENOSPC' });
});
