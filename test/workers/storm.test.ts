import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { compiledTools } from '../interop/tools.ts';
import { WaitingChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { lendingTest } from '../support/lending.ts';
import { isLong } from '../support/long.ts';
import { storm } from './storm.ts';

const workers = isLong ? 2000 : 60;
/**
 * Node 20 sometimes aborts the process, with any addon or none, when a worker is terminated while V8 compiles for it in
 * another thread: `node_platform.cc:518: Assertion failed: (data.first) != nullptr`.
 */
const NO_NODE_BUG = ['--no-concurrent-recompilation'];
const seeds = isLong ? [1, 2, 3] : [1];

interface Held {
  files: number;
  databaseMaps: number;
  /** Those of Buffers, which are private. */
  bufferMaps: number;
  maps: number;
  rss: number;
}

lendingTest.each(seeds)(
  `${workers} workers, terminated at any moment of what they do, leave nothing behind (seed %i)`,
  async (seed) => {
    const path = temporaryFolder();
    const child = new WaitingChild(storm, { path, seed, workers, warmUp: isLong ? 500 : 13, atOnce: 4 }, NO_NODE_BUG);
    const told = (await child.next()) as {
      problems: string[];
      before: Held;
      after: Held;
      counted: number;
      readers: number;
    };
    const { before, after } = told;
    expect(told.problems).toEqual([]);
    expect(told.counted).toBe(300);
    expect([after.files, after.databaseMaps]).toEqual([before.files, before.databaseMaps]);
    // The mapping of a Buffer stays if its worker is terminated after the collector has found the Buffer and before the memory is freed: another thread may
    // have the memory, and nobody can tell (buffer_memory.h). That is a short time: it concerns few workers, and none that makes no Buffers.
    expect(after.bufferMaps - before.bufferMaps).toBeLessThanOrEqual(Math.ceil(workers / 15));
    // Node's allocators keep some memory of a worker for the next one. These limits would show a leak for each worker.
    if (isLong) {
      expect(after.maps - before.maps).toBeLessThan(workers / 10);
      expect(after.rss - before.rss).toBeLessThan(workers * 48 * 1024);
    }
    // No process reads now: no slot of the reader table has a transaction.
    const { stdout } = spawnSync(compiledTools().stat, ['-r', path], { encoding: 'utf8' });
    expect(stdout).toMatch(
      /no active readers|^Reader Table Status\n\s*pid\s+thread\s+txnid\n(\s*\d+\s+[0-9a-f]+ -\n)*$/,
    );
    child.send('close');
    const closed = (await child.next()) as { files: number; databaseMaps: number };
    await child.end();
    expect(closed.files).toBeLessThanOrEqual(before.files - 2);
    expect(closed.databaseMaps).toBe(0);
  },
  isLong ? 900_000 : 60_000,
);
