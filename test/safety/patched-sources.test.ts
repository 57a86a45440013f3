import { expect, test } from 'vitest';
import { askChild } from '../store/child.ts';
import { prelude } from './patched-attacks.ts';

/** What a program got hold of that patches what a LeaseSource keeps its memory in. */
const attack = (source: string): unknown =>
  askChild(`${prelude}
const { LeaseSource } = await import(join(library, 'dist/lease/source.js'));
${source}
tell(loot);
process.exit(0);`);

const lend = `
  const source = new LeaseSource(new ArrayBuffer(2 ** 17));
  const held = [];
  for (let i = 0; i < 100; i++) held.push(Value.from(source, i * 10, 10));
  held[0].asBuffer();
  source.step();
  held.push(Value.from(source, 0, 2000));
  source.end();
  if (held[100].byteLength !== 2000 || held[5].state !== 'copied') loot.push('a wrong value');
`;

test('the memory of a LeaseSource stays its own', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const see = (name) => (before) => function (...given) {
        steal(name, this);
        for (let i = 0; i < given.length; i++) steal(name, given[i]);
        const result = Reflect.apply(before, this, given);
        steal(name, result);
        return result;
      };
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
