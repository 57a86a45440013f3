import { expect, test } from 'vitest';
import { attack } from './patched-attacks.ts';

/** Lends the memory of a LeaseSource, steps it and ends it. */
const lend = `
  const source = new LeaseSource(new ArrayBuffer(2 ** 17));
  const held = [];
  for (let i = 0; i < 100; i++) held.push(Value.from(source, i * 10, 10));
  held[0].asBuffer();
  source.revoke();
  held.push(Value.from(source, 0, 2000));
  source.end();
  if (held[100].byteLength !== 2000 || held[5].state !== 'copied') loot.push('a wrong value');
`;

test('the memory of a LeaseSource stays its own', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const { LeaseSource } = await import(library + '/dist/lease.js');
      for (const Class of [Map, WeakMap, Set, WeakSet]) {
        for (const name of ['get', 'set', 'has', 'add']) {
          if (name in Class.prototype) patched(Class.prototype, name, see(name), () => { ${lend} });
        }
      }
      for (const name of ['length', 'byteLength', 'buffer']) {
        patched(Object.getPrototypeOf(Uint8Array.prototype), name, see(name), () => { ${lend} });
      }
      for (const name of ['floor', 'min']) patched(Math, name, () => () => 0.5, () => { ${lend} });
      patched(Object, 'create', () => () => ({ set 0(window) { steal('create', window); } }), () => { ${lend} });`),
  ).toEqual([]);
});
