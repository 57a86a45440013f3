import { expect, test } from 'vitest';
import { json, utf8 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';

test.each(['inside', 'named', 'in'])(
  'update reads what its own transaction has written, in an env.read() inside of it too (%s)',
  (how) => {
    const env = openTemporary();
    const counts = env.collection('counts', { key: utf8, value: json });
    counts.put('a', 1);
    env.write((txn) => {
      counts.put('a', 10);
      env.read(() => {
        expect(counts.get('a')).toBe(1);
        const add = (value: unknown) => (value as number) + 1;
        if (how === 'inside') counts.update('a', add);
        else if (how === 'named') counts.update('a', add, txn);
        else counts.in(txn).update('a', add);
        // Reads after update() use the read transaction again.
        expect(counts.get('a')).toBe(1);
      });
    });
    expect(counts.get('a')).toBe(11);
  },
);
