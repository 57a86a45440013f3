import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { askChild, copyOfLibrary } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';

/**
 * Holds values over the end of their transaction, rewrites everything, and tells how many of them have other bytes than
 * before. The other tests of this folder assert that this number is 0.
 */
const program = `
const env = open(args.path, { durability: 'nosync', onEnd: args.onEnd, mapSize: 2 ** 28 });
const items = env.collection('items', { key: tuple, value: bytes });
const write = (n) => env.write(() => { for (let i = 0; i < 50; i++) items.put(['k', i], Buffer.alloc(90, 'abc' + n + i)); });
write(0);
const txn = env.read();
const held = items.range({}, txn).toArray().flatMap(({ key, value }) => [key, value]);
held.push(items.get(['k', 7], txn), ...items.getMany([['k', 1], ['k', 2]], txn));
const before = held.map((sink) => sink.toBuffer());
const hashes = held.map((sink) => sink.hash());
txn.end();
await txn.drained;
for (let n = 1; n < 1000; n++) write(n);
let stale = 0;
let expired = 0;
held.forEach((sink, i) => {
  try {
    if (!sink.equals(before[i]) || sink.hash() !== hashes[i]) stale++;
  } catch (error) {
    if (error.code === 'ERR_LEASE_EXPIRED') expired++;
    else stale++;
  }
});
tell({ held: held.length, stale, expired });
`;

/** A copy of the library in whose file `name` the match of `pattern` is replaced by `text`. */
function patched(name: string, pattern: RegExp, text: string): string {
  const library = copyOfLibrary('files');
  const path = join(library, 'dist', name);
  const source = readFileSync(path, 'utf8');
  expect(source.match(new RegExp(pattern, 'g'))).toHaveLength(1);
  writeFileSync(path, source.replace(pattern, text));
  return library;
}

interface Outcome {
  held: number;
  stale: number;
  expired: number;
}

function outcome(library: string, onEnd: string): Outcome {
  return askChild(program, { path: temporaryFolder(), onEnd }, { library }) as Outcome;
}

describe('what is held over the end', () => {
  test('stays right by the library as it is', () => {
    const library = copyOfLibrary('files');
    expect(outcome(library, 'copy')).toEqual({ held: 103, stale: 0, expired: 0 });
    expect(outcome(library, 'invalidate')).toEqual({ held: 103, stale: 0, expired: 103 });
  });

  test('goes wrong if a drain does not move it to the heap', () => {
    const library = patched(
      'lease/drain/moving.js',
      /lease\.keys = lease\.values = own;\s+lease\.table = table;\s+lease\.base -= lease\.run;/,
      '',
    );
    const { held, stale } = outcome(library, 'copy');
    expect(stale).toBeGreaterThan(held / 4);
  });

  test('is readable, and wrong, if the end does not expire it', () => {
    const library = patched('lease/lease.js', /\bexpire\(\) \{/, 'expire() { return;');
    const { held, stale, expired } = outcome(library, 'invalidate');
    expect(expired).toBe(0);
    expect(stale).toBeGreaterThan(held / 4);
  });
});
