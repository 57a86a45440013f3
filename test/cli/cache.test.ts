// The commands about the client's cache.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bootId } from '../../lib/cache/cache-folder.ts';
import { WORKLOADS } from '../../lib/cache/generator/workloads.ts';
import { POLICIES } from '../../lib/cache/policies/policies.ts';
import { TRACE_FORMATS } from '../../lib/cache/trace/read-trace.ts';
import { FORMATS, KINDS } from '../../lib/cli/cache/define.ts';
import { connect } from '../../lib/client/index.ts';
import { type Collection, json, open, utf8, type Value } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { temporaryFolder, until } from '../support/fixture.ts';
import { asOnTerminal, commandPath, jsonOf, leasehold, processOf } from './command.ts';

const folder = temporaryFolder();
const trace = join(folder, 'a.trace');
const csv = join(folder, 'a.csv');
writeFileSync(
  csv,
  `time,key,size\n${Array.from({ length: 3000 }, (_, i) => `${i},${(i * i) % 97},${300 + ((i * i) % 97)}\n`).join('')}`,
);

test('generate makes a trace, and simulate runs it through all policies', async () => {
  const args = ['cache', 'trace', 'generate', trace, '--requests', '5000', '--objects', '1000', '--seed', '3'];
  expect(await jsonOf(args)).toEqual([{ records: 5000, bytes: readFileSync(trace).length }]);
  const [head, ...results] = (await jsonOf(['cache', 'simulate', trace, '--size', '20K,10%'])) as [
    { trace: { requests: number; footprint: number } },
    ...{ policy: string; size?: number; hits: number; hitRate: number }[],
  ];
  expect(results.map(({ policy, size }) => [policy, size])).toEqual([
    ...Object.keys(POLICIES).map((policy) => [policy, 20 * 1024]),
    ...Object.keys(POLICIES).map((policy) => [policy, Math.round(head.trace.footprint / 10)]),
    ['unbounded', undefined],
  ]);
  for (const { hits, hitRate } of results) expect(hitRate).toBe(hits / head.trace.requests);
});

test('on a terminal: a table and a chart for each size', async () => {
  const { status, shown } = await asOnTerminal([
    'cache',
    'simulate',
    csv,
    '--policy',
    'lru,s3-fifo',
    '--size',
    '4K,50%',
  ]);
  expect(status).toBe(0);
  expect(shown).toMatch(/3,000 requests in 2,999 s for \d+ objects of 0\.\d MB; 0 writes, 0 changes by others$/m);
  expect(shown).toMatch(/^in a cache of 4K$/m);
  expect(shown).toMatch(/^in a cache of 50% \(0\.\d MB\)$/m);
  expect(shown.match(/^policy +hits % +bytes % +writes +by hits +MB written$/gm)?.length).toBe(1);
  expect(shown.match(/^lru +\d/gm)?.length).toBe(4);
  expect(shown).toMatch(/^unbounded +\d+\.\d% █+/m);
  for (const line of shown.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test('--json gives the same as a pipe', async () => {
  const args = ['cache', 'simulate', csv, '--policy', 'lru', '--size', '8K'];
  expect((await asOnTerminal([...args, '--json'])).shown).toBe((await leasehold(args)).stdout);
});

test('a trace may be compressed, and come from standard input', async () => {
  const packed = join(folder, 'a.csv.gz');
  writeFileSync(packed, gzipSync(readFileSync(csv)));
  const plain = await jsonOf(['cache', 'simulate', csv, '--size', '8K']);
  expect(await jsonOf(['cache', 'simulate', packed, '--size', '8K'])).toEqual(plain);
  const piped = processOf(['cache', 'simulate', '-', '--format', 'csv', '--size', '8K'], readFileSync(csv, 'utf8'));
  expect(
    piped.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(plain);
});

test.each<[number, string, string[]]>([
  [2, 'there are s3-fifo', ['cache', 'simulate', csv, '--policy', 'best']],
  [2, '--size', ['cache', 'simulate', csv, '--size', 'large']],
  [2, 'above 0%', ['cache', 'simulate', csv, '--size', '0%']],
  [2, 'at most 100%', ['cache', 'simulate', csv, '--size', '120%']],
  [2, '--size 10 is too small', ['cache', 'simulate', csv, '--size', '10']],
  [2, 'must be in bytes', ['cache', 'simulate', '-', '--size', '5%']],
  [2, '--format', ['cache', 'simulate', csv, '--format', 'xml']],
  [2, '--workload', ['cache', 'trace', 'generate', join(folder, 'b'), '--workload', 'x']],
  [2, 'ERR_OUT_OF_RANGE', ['cache', 'trace', 'generate', join(folder, 'b'), '--objects', '1']],
  [3, 'ENOENT', ['cache', 'simulate', join(folder, 'absent.trace')]],
  [3, 'EISDIR', ['cache', 'simulate', folder]],
  [3, 'ENOENT', ['cache', 'trace', 'generate', join(folder, 'absent', 'b'), '--requests', '10']],
  [3, 'no trace of a ZEO client', ['cache', 'simulate', csv, '--format', 'zeo']],
  [3, 'ERR_INVALID_ARG_VALUE', ['cache', 'simulate', csv, '--columns', 'a,b']],
])('%i, and says %s: %j', async (code, message, args) => {
  const { status, stdout, stderr } = await leasehold(args);
  expect([status, stdout]).toEqual([code, '']);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(existsSync(join(folder, 'b'))).toBe(false);
});

test('a trace without requests', async () => {
  const empty = join(folder, 'empty.csv');
  writeFileSync(empty, 'key\n');
  expect((await leasehold(['cache', 'simulate', empty])).stderr).toContain('has no requests');
});

test('the help lists every format and every workload', () => {
  expect(FORMATS).toEqual(TRACE_FORMATS);
  expect(KINDS).toEqual(Object.keys(WORKLOADS));
});

test('help has examples', async () => {
  for (const args of [['cache'], ['cache', 'simulate'], ['cache', 'trace', 'generate']]) {
    const { status, stdout } = await leasehold([...args, '--help']);
    expect([status, stdout]).toEqual([0, expect.stringContaining(`leasehold ${args.join(' ')}`)]);
  }
});

test.each([
  ['simulate, while it waits for input', ['simulate', '-', '--size', '8K', '--format', 'csv'], false],
  ['generate, which leaves no file', ['trace', 'generate', 'NEW', '--requests', '100000000'], true],
])('a signal ends %s', async (_, args, makesFile) => {
  const own = temporaryFolder();
  const made = join(own, 'new.trace');
  const given = args.map((arg) => (arg === 'NEW' ? made : arg));
  const child = spawn(process.execPath, [commandPath(), 'cache', ...given], { stdio: ['pipe', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.on('data', (text) => {
    told += text;
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.stdin.write('key\n');
  if (makesFile) await until(() => readdirSync(own).length > 0, 'the temporary file is made');
  else
    await new Promise((resolve) => child.stdin.write(Array.from({ length: 200_000 }, () => '1\n').join(''), resolve));
  child.kill('SIGTERM');
  expect([await ended, told]).toEqual([143, expect.stringContaining('ABORT_ERR')]);
  if (makesFile) expect(readdirSync(own)).toEqual([]);
});

test('stat tells what the cache of a client has, verify finds mistakes in it, and clear drops it', async () => {
  const env = open(temporaryFolder(), { durability: 'nosync' });
  env.collection('items', { key: utf8, value: json, versions: true }).put('a', 1);
  const server = await serve(env, { listen: `unix:${join(folder, 'socket')}` });
  const cache = join(folder, 'cache');
  const read = async (): Promise<void> => {
    const store = await connect(server.addresses[0] as string, { cache });
    const items = store.collection('items');
    expect([await items.get('a'), await items.get('none')]).toEqual([1, undefined]);
    for await (const { key } of items.range()) expect(key).toBe('a');
    await store.close();
  };
  await read();
  const stat = { storeId: env.storeId, at: 1, states: 2, older: 0, spans: 1, processes: 0 };
  expect(await jsonOf(['cache', 'stat', cache])).toMatchObject([stat]);
  expect(await jsonOf(['cache', 'verify', cache])).toEqual([{ mistakes: [] }]);
  const stored = open(join(cache, bootId()), { durability: 'nosync' });
  const states = stored.collection('c.states') as Collection<Uint8Array, Uint8Array, Value, Value>;
  states.put(Buffer.from('00000001ff', 'hex'), Buffer.from('00000000000000090000000000000003', 'hex'));
  stored.close();
  const { status, stdout } = await leasehold(['cache', 'verify', cache]);
  expect(status).toBe(3);
  expect(stdout).toContain('the state of 00000001ff in c.states is of commit 9, and the cache was told only 1');
  expect(await jsonOf(['cache', 'clear', cache])).toEqual([{ removed: 3 }]);
  expect(await jsonOf(['cache', 'stat', cache])).toMatchObject([{ ...stat, states: 0, spans: 0 }]);
  await read();
  expect(await jsonOf(['cache', 'stat', cache])).toMatchObject([stat]);
  expect((await leasehold(['cache', 'stat', folder])).stderr).toContain('there is no cache in');
  await server.close();
  env.close();
});

test.each([
  ['redis://me:secret@cache', 'redis-cli info'],
  ['rediss://cache', 'redis-cli info'],
  ['memcached+unix:/run/memcached.sock', "'stats'"],
  ['checkpoints:./cache', 'may be deleted'],
  ['tcp://cache', 'cannot be at'],
])('of a cache at %s, which hosts share, the command says whom to ask', async (address, words) => {
  for (const name of ['stat', 'clear', 'verify']) {
    const { status, stderr } = await leasehold(['cache', name, address]);
    expect([status, stderr]).toEqual([3, expect.stringContaining(words)]);
    expect(stderr).not.toContain('secret');
  }
});
