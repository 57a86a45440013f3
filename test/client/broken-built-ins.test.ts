import { expect, test } from 'vitest';
import { json, open, utf8 } from '../../lib/index.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { BREAKS, runBroken } from './broken-program.ts';
import { EVERYDAY } from './patched-program.ts';

test('a program that has broken built-ins gets errors with a code from a server and its clients, or what it asks for, and never ends', {
  timeout: 600_000,
}, () => {
  const places = BREAKS.map(() => ({ path: temporaryFolder(), cache: temporaryFolder() }));
  runBroken(EVERYDAY, places, /^(hangs|uncaught|untyped|not patched|ended)/);
  for (const { path } of places) {
    const env = open(path);
    expect([0, 300]).toContain(
      Math.min(300, env.collection('items', { key: utf8, value: json, versions: true }).count()),
    );
    env.close();
  }
});
