import { describe, expect, test } from 'vitest';
import { runChild } from '../support/child.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { versions, workerProgram } from './program.ts';

const setUp = `
const { env, items } = openItems();
rewrite({ env, items });
const kept = [];
const keep = () => {
  const txn = env.read();
  for (const { key, value } of items.range({}, txn)) kept.push({ key, value });
  kept.push({ key: 50, value: items.getBuffer(50, txn) });
  return txn;
};
`;

/** What a thread does when the process exits. */
const moments: Record<string, string> = {
  'an open transaction': 'keep(); MOMENT',
  'a drain': 'keep().end(); await turn(); MOMENT',
  'a drain that is waited for': 'const txn = keep(); txn.end(); txn.drained.then(() => {}); await turn(); MOMENT',
  'a range': 'for (const { key } of items.range()) if (key > 100) { MOMENT }',
  'a scan': 'items.scan({}, ({ key }) => { if (key > 100) { MOMENT } });',
  'env.read': 'env.read((txn) => { items.get(1, txn); MOMENT });',
  'env.write': 'env.write(() => { items.clear(); MOMENT });',
  'a child of env.write':
    'env.write(() => { items.clear(); env.write(() => { items.put(1, contents(1, 7)); MOMENT }); });',
  'a codec': `const own = env.collection('own', { key: uint32, value: { name: 'own', encode: () => { MOMENT return new Uint8Array(1); }, decode: () => 1 } });
    env.write(() => { items.clear(); own.put(1, 1); });`,
  'an exit listener': `process.on('exit', () => { kept.every(({ value }) => value.byteLength); env.write(() => { items.clear(); throw 1; }); });
    keep().end(); MOMENT`,
};

/** Checks that the database is unchanged: the open write transaction was rolled back. */
function isWhole(path: string): boolean {
  const env = openAt(path);
  const names = env.collections();
  const count = env.collection('items').count();
  env.close();
  return names.includes('items') && count === 300;
}

describe('process.exit()', () => {
  test.each(Object.entries(moments))('of the main thread in %s ends the process, workers and all', (_, moment) => {
    const path = temporaryFolder();
    const { status, signal, stderr } = runChild(
      workerProgram({
        shared: versions,
        main: `${setUp}
          const workers = [start({ does: 'read' }), start({ does: 'write' }), start({ does: 'wait' })];
          await Promise.all(workers.map((worker) => once(worker, 'message')));
          ${moment.replace('MOMENT', 'process.exit(7);')}`,
        worker: `const { env, items } = openItems();
          const txn = env.read();
          const held = items.range({}, txn).toArray();
          say('ready');
          if (workerData.does === 'read') for (;;) env.read((txn) => items.scan({}, ({ value }) => value.byteLength, txn));
          if (workerData.does === 'write') for (;;) env.write(() => items.put(1, contents(1, 1)));
          txn.end();
          setInterval(() => {}, 1000);`,
      }),
      { path },
    );
    expect({ status, signal }).toEqual({ status: 7, signal: null });
    expect(stderr.includes('FATAL') || stderr.includes('Check failed')).toBe(false);
    expect(isWhole(path)).toBe(true);
  });

  test('of a worker, or a throw, or a natural end in the middle of anything leaves the database to the others', () => {
    const path = temporaryFolder();
    const { status, signal, told } = runChild(
      workerProgram({
        shared: versions,
        main: `${setUp}
          const results = {};
          const maps = () => readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((line) => line.includes('data.mdb')).length;
          for (const [name, moment] of Object.entries(args.moments)) {
            for (const end of ['process.exit(7);', "throw new Error('meant');", '']) {
              const worker = start({ source: moment.replace('MOMENT', end) });
              const exited = exitOf(worker);
              worker.on('error', (error) => { if (error !== 1 && error.message !== 'meant') results[name + end] = String(error.stack); });
              await exited;
              env.write(() => items.put(1, contents(1, 1)));
              if (env.counters().snapshots !== 0) results[name + end] = 'a snapshot';
              if (maps() !== 1) results[name + end] = maps() + ' mappings';
            }
            rewrite({ env, items });
          }
          tell(results);
          env.close();`,
        worker: `${setUp}
          const run = new (async () => {}).constructor('env', 'items', 'keep', 'kept', 'turn', 'contents', 'uint32', workerData.source);
          await run(env, items, keep, kept, turn, contents, uint32);`,
      }),
      { path, moments },
    );
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    expect(told[0]).toEqual({});
    expect(isWhole(path)).toBe(true);
  });
});
