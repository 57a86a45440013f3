import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { compiledTools } from '../interop/tools.ts';
import { WaitingChild } from '../support/child.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';

/**
 * Sends batches until it is killed, many at once, and tells the number of each that is fulfilled. Batch `n` puts its
 * number under several keys of two collections, and deletes what batch `n - 1000` put.
 */
const source = `
const { writeSync } = await import('node:fs');
const env = open(args.path);
const items = env.collection('items', { key: tuple, value: bytes });
const marks = env.collection('marks', { key: uint32, value: json });
const sizeOf = (n, i) => (n % 50 === 0 && i === 0 ? 20_000 : 20 + ((n * 7 + i) % 200));
const operationsOf = (n) => {
  const operations = [{ type: 'put', collection: marks, key: n, value: { n } }];
  for (let i = 0; i < 1 + (n % 9); i++) {
    operations.push({ type: 'put', collection: items, key: [n, i], value: Buffer.alloc(sizeOf(n, i), n % 251) });
    if (n >= args.first + 1000) operations.push({ type: 'del', collection: items, key: [n - 1000, i] });
  }
  return operations;
};
let next = args.first;
const go = async () => {
  for (;;) {
    const n = next++;
    await env.batch(operationsOf(n));
    writeSync(1, n + '\\n');
    if (n % 97 === 0) env.write(() => marks.put(2 ** 31 + n, { n }));
  }
};
for (let i = 0; i < 40; i++) void go();
`;

test('after kill -9 every batch that was fulfilled is there, and each is whole', async () => {
  const path = temporaryFolder();
  const acknowledged = new Set<number>();
  let first = 0;
  for (let round = 0; round < (isLong ? 40 : 5); round++) {
    const child = new WaitingChild(source, { path, first });
    // Kill the process at a different moment in each round.
    const wanted = 50 + ((round * 677) % 900);
    for (let i = 0; i < wanted; i++) acknowledged.add((await child.next()) as number);
    await child.kill();
    // What the process told before it died.
    for (const told of child.rest()) acknowledged.add(told as number);

    const env = openAt(path);
    const marks = env.collection('marks');
    const items = env.collection('items');
    const done = new Set(
      marks
        .range({ lt: 2 ** 31 } as never)
        .keys()
        .toArray() as number[],
    );
    for (const n of acknowledged)
      if (!done.has(n)) throw new Error(`round ${round}: batch ${n} was fulfilled, and is gone`);
    const found = new Map<number, number>();
    for (const { key, value } of items.range() as never as Iterable<{ key: never; value: never }>) {
      const [n, i] = (key as { toArray(): number[] }).toArray() as [number, number];
      const size = n % 50 === 0 && i === 0 ? 20_000 : 20 + ((n * 7 + i) % 200);
      if (!(value as { equals(other: Buffer): boolean }).equals(Buffer.alloc(size, n % 251))) {
        throw new Error(`round ${round}: wrong bytes of ${n}, ${i}`);
      }
      found.set(n, (found.get(n) ?? 0) + 1);
    }
    for (const n of done) {
      const later = done.has(n + 1000) && n + 1000 >= first + 1000;
      const expected = 1 + (n % 9);
      const count = found.get(n) ?? 0;
      // Batch n + 1000 deletes as many keys of batch n as it puts itself.
      const left = later ? Math.max(0, expected - (1 + ((n + 1000) % 9))) : expected;
      if (count !== left) throw new Error(`round ${round}: batch ${n} has ${count} of ${left} entries`);
    }
    for (const n of found.keys()) if (!done.has(n)) throw new Error(`round ${round}: batch ${n} is half there`);
    first = Math.max(first, ...done) + 2000;
    env.close();
    expect(execFileSync(compiledTools().stat, ['-e', path], { encoding: 'utf8' })).toContain('Environment Info');
  }
  expect(acknowledged.size).toBeGreaterThan(1000);
}, 300_000);
