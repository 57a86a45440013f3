import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/fixture.ts';
import { runInChild } from './child.ts';

/** A module with decorators, which no Node runs. It takes `persistent` and `t` from the program that loads it. */
const SOURCE = `
const { persistent, t } = globalThis.objects;

@persistent('compiled.Frob', { foo: t.i32 })
export class Frob {
  declare foo: number;
  #calls = 0;
  static kind = 'frob';
  called() { return ++this.#calls; }
  get double() { return 2 * this.foo; }
}

@persistent('compiled.Gear', { teeth: t.u32 })
export class Gear extends Frob {
  declare teeth: number;
  #own = 1;
  constructor(teeth: number) { super(); this.foo = 7; this.teeth = teeth; }
  uses() { return this.#own; }
}
`;

test('decorated classes that tsc has compiled; one with a constructor says why it misses private members after loading', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'module.mts'), SOURCE);
  const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc');
  const options = ['--target', 'es2022', '--module', 'nodenext', '--noCheck', '--ignoreConfig'];
  execFileSync(process.execPath, [tsc, ...options, join(folder, 'module.mts')], { stdio: 'inherit' });
  const told = runInChild(
    `globalThis.objects = objects;
    const { Frob, Gear } = await import(args + '/module.mjs');
    {
      const store = openStore(args + '/store', { durability: 'nosync' }), d = store.root;
      d.frob = new Frob({ foo: 5 });
      d.gear = new Gear(12);
      tellAll(d);
      store.close();
    }
    const d = openStore(args + '/store').root;
    tellAll(d);
    tell(outcomes);
    function tellAll({ frob, gear }) {
      globalThis.outcomes ??= [];
      outcomes.push([frob.foo, frob.called(), frob.double, Frob.kind, frob.constructor.name, gear.foo, gear.teeth, gear instanceof Frob]);
      try { outcomes.push(gear.uses()); } catch (error) { outcomes.push([error.code, error.message]); }
    }`,
    folder,
  ) as unknown[];
  const all = [5, 1, 10, 'frob', 'Frob', 7, 12, true];
  expect([told[0], told[1], told[2]]).toEqual([all, 1, all]);
  expect(told[3]).toEqual(['ERR_NO_PRIVATE_MEMBERS', expect.stringMatching(/^compiled\.Gear\.uses .*onLoad\(\)/)]);
});
