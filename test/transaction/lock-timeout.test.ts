import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Collection, type Environment, struct, t, utf8 } from '../../lib/index.ts';
import { WaitingChild } from '../support/child.ts';
import { codeOf, openAt, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

const strings = { key: utf8, value: utf8 };

/** Begins a write transaction when it is told to, and ends it only after somebody has written to the named pipe. */
const writer = `
const { createInterface } = await import('node:readline');
const { readFileSync } = await import('node:fs');
const env = open(args.path, { durability: 'nosync' });
tell(process.pid);
for await (const _ of createInterface(process.stdin)) {
  env.write(() => { tell('writing'); readFileSync(args.pipe); });
  tell('done');
}
env.close();`;

describe('while another process writes', () => {
  const path = temporaryFolder();
  const pipe = join(temporaryFolder(), 'pipe');
  let env: Environment;
  let items: Collection<string, string>;
  let other: WaitingChild;
  let pid: unknown;

  beforeAll(async () => {
    env = openAt(path, { lockTimeout: 20 });
    items = env.collection('items', strings);
    items.put('a', '1');
    env.collection('rows', { key: utf8, value: struct({ x: t.u32 }) }).put('a', { x: 1 });
    execFileSync('mkfifo', [pipe]);
    other = new WaitingChild(writer, { path, pipe });
    pid = await other.next();
    other.send('go');
    await other.next();
  });
  afterAll(() => other.kill());

  test.each<[string, () => unknown]>([
    ['env.write', () => env.write(() => expect.unreachable())],
    ['put', () => items.put('a', '2')],
    ['putNew', () => items.putNew('a', '2')],
    ['append', () => items.append('b', '2')],
    ['del', () => items.del('a')],
    ['clear', () => items.clear()],
    ['drop', () => items.drop()],
    ['env.collection of a new one', () => env.collection('new', strings)],
  ])('%s waits for lockTimeout, and is ERR_BUSY then, with who may be writing', (_, call) => {
    const error = thrown(call);
    expect([error.code, error.path]).toEqual(['ERR_BUSY', path]);
    expect(error.message).toContain('lockTimeout');
    if (process.platform === 'linux') expect(error.message).toContain(`process ${pid} (node`);
    expect(items.get('a')).toBe('1');
  });

  test.each([0, 1, 20.5])('calls can be given a lockTimeout of their own: %d ms', (lockTimeout) => {
    const patient = openAt(path);
    expect(codeOf(() => patient.write(() => expect.unreachable(), { lockTimeout }))).toBe('ERR_BUSY');
    expect(codeOf(() => patient.collection('new', { ...strings, lockTimeout }))).toBe('ERR_BUSY');
    expect(patient.collection('items', { ...strings, lockTimeout }).get('a')).toBe('1');
    patient.close();
  });

  test('opening what is there waits for nobody, nor does a struct that has grown', () => {
    const rows = openAt(path, { lockTimeout: 0 }).collection('rows', {
      key: utf8,
      value: struct({ x: t.u32, y: t.optional(t.utf8) }),
    });
    expect([rows.get('a')?.x, rows.get('a')?.y]).toEqual([1, undefined]);
    expect(codeOf(() => rows.put('b', { x: 2, y: 'two' }))).toBe('ERR_BUSY');
  });

  test('a batch waits, off this thread, whatever lockTimeout is; what waits for it here does not', async () => {
    const impatient = openAt(path, { lockTimeout: 0 });
    const mine = impatient.collection('items', strings);
    const batch = impatient.batch([{ type: 'put', collection: mine, key: 'batch', value: 'later' }]);
    expect(codeOf(() => mine.put('a', '2'))).toBe('ERR_BUSY');
    writeFileSync(pipe, 'done');
    await batch;
    expect([await other.next(), mine.get('batch')]).toEqual(['done', 'later']);
    mine.put('c', '3');
    other.send('go');
    expect(await other.next()).toBe('writing');
  });

  test('Infinity waits until it is done', async () => {
    const patient = openAt(path, { lockTimeout: 0 });
    // The child is done once this thread waits, or before: in either case the put comes after it.
    writeFileSync(pipe, 'done');
    patient.write(() => patient.collection('items', strings).put('d', '4'), { lockTimeout: Infinity });
    expect([await other.next(), items.get('d')]).toEqual(['done', '4']);
    items.put('e', '5');
    other.send('go');
    expect(await other.next()).toBe('writing');
  });

  test('a writer that is killed keeps nobody waiting', async () => {
    await other.kill();
    items.put('f', '6');
    expect(items.get('f')).toBe('6');
  });
});

test('lockTimeout does not concern a transaction inside one of the same thread', () => {
  const env = openTemporary({ lockTimeout: 0 });
  const items = env.collection('items', strings);
  env.write(() => {
    env.write(() => items.put('a', '1'), { lockTimeout: 0 });
    items.put('b', '2');
    env.collection('new', { ...strings, lockTimeout: 0 }).put('c', '3');
  });
  expect([items.count(), env.collections()]).toEqual([2, ['items', 'new']]);
});

test.each<[unknown, string]>([
  [-1, 'ERR_OUT_OF_RANGE'],
  [Number.NaN, 'ERR_OUT_OF_RANGE'],
  ['5', 'ERR_INVALID_ARG_TYPE'],
  [null, 'ERR_INVALID_ARG_TYPE'],
])('lockTimeout: %s is refused', (lockTimeout, code) => {
  const env = openTemporary();
  const options = { lockTimeout } as never;
  expect(codeOf(() => openTemporary(options))).toBe(code);
  expect(codeOf(() => env.write(() => {}, options))).toBe(code);
  expect(codeOf(() => env.collection('items', options))).toBe(code);
  expect(codeOf(() => env.write(() => {}, { timeout: 5 } as never))).toBe('ERR_INVALID_ARG_VALUE');
});
