import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WaitingChild } from '../../support/child.ts';
import { isLong } from '../../support/long.ts';
import { lockManager, program } from './support.ts';

const KILLS = isLong ? 5000 : 20;
const PROCESSES = 3;

/**
 * Takes two locks again and again, each exclusive or shared. Who has one exclusively writes its name into a file, and it must still stand there
 * before the lock is released: another holder would have overwritten it. Who shares it must find the file unchanged.
 */
const source = `${program}
const { openSync, readSync, writeSync } = await import('node:fs');
const files = ['a', 'b'].map((name) => openSync(args.path + '/' + name, 'r+'));
const read = (file) => { const bytes = Buffer.alloc(16); readSync(file, bytes, 0, 16, 0); return bytes.toString(); };
let turns = 0;
let begun = false;
const turn = async (n) => {
  const mode = Math.random() < 0.3 ? 'shared' : 'exclusive';
  await locks.request('ab'[n], { mode }, async () => {
    const mine = (process.pid + ':' + turns++).padEnd(16);
    if (mode === 'exclusive') writeSync(files[n], mine, 0);
    const before = read(files[n]);
    if (turns % 3 === 0) await new Promise(setImmediate);
    const after = read(files[n]);
    if (before !== after || (mode === 'exclusive' && after !== mine)) tell(['two holders', mine, before, after]);
  });
  if (!begun) tell('begun');
  begun = true;
  setImmediate(turn, n);
};
for (const n of [0, 1, 0, 1]) turn(n);
const input = serve();
await input;
process.exit();`;

test(`a lock has one holder at most while processes are killed, and goes on ${KILLS} times`, {
  timeout: isLong ? 3_600_000 : 60_000,
}, async () => {
  const { path, locks } = lockManager();
  for (const name of ['a', 'b']) writeFileSync(join(path, name), Buffer.alloc(16, ' '));
  const start = async () => {
    const child = new WaitingChild(source, { path });
    expect(await child.next()).toBe('begun');
    return child;
  };
  const problems: unknown[] = [];
  let kills = 0;
  /** One place among the processes: whoever has it is killed, and replaced. */
  const place = async () => {
    let child = await start();
    for (; kills < KILLS; child = await start()) {
      kills++;
      // Not at the same moment of each round.
      for (let i = Math.random() * 20; i > 0; i--) await new Promise(setImmediate);
      await child.kill();
      problems.push(...child.rest());
      // This process gets its turn, whatever the dead one had.
      for (const name of ['a', 'b']) await locks.request(name, () => {});
    }
    await child.end();
    problems.push(...child.rest());
  };
  await Promise.all(Array.from({ length: PROCESSES }, place));
  expect(problems).toEqual([]);
  expect(await locks.query()).toEqual({ held: [], pending: [] });
});
