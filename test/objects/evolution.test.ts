import { afterAll, describe, expect, test } from 'vitest';
import { WaitingChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

/*
 * Versions of a program, each in a process of its own: `classes` is the text that registers its classes. `o` is leasehold/objects, `d` the root of the store.
 */

const programs = new Map<string, WaitingChild>();

/** The process of a version of the program. */
function programOf(classes: string): WaitingChild {
  let child = programs.get(classes);
  if (child === undefined) {
    child = new WaitingChild(`
const o = await import(library + '/dist/objects.js');
${classes}
const { createInterface } = await import('node:readline');
const stores = new Map();
for await (const line of createInterface(process.stdin)) {
  const [path, body, isLast] = JSON.parse(line);
  const store = stores.get(path) ?? o.openStore(path, { durability: 'nosync' });
  stores.set(path, store);
  try {
    const d = store.root;
    tell((await eval('(async () => {' + body + '})()')) ?? null);
  } catch (error) {
    tell('failed: ' + error.stack);
  }
  if (isLast) {
    store.close();
    stores.delete(path);
  }
}`);
    programs.set(classes, child);
  }
  return child;
}

/** Runs a body in a version of the program, and gives what it returns. Then the program closes the store, if this is the last. */
function run(path: string, classes: string, body: string, isLast = true): Promise<unknown> {
  const program = programOf(classes);
  program.send(JSON.stringify([path, body, isLast]));
  return program.next();
}

afterAll(async () => {
  for (const program of programs.values()) await program.end();
});

const FIRST = `const Town = o.persistent('town', { name: o.t.utf8, people: o.t.i32, twin: o.ref().optional(), notes: o.t.json() })(class Town {});`;
/** With fields more. */
const SECOND = `const Town = o.persistent('town', {
  name: o.t.utf8, people: o.t.i32, twin: o.ref().optional(), notes: o.t.json(),
  mayor: o.t.utf8, height: o.t.f64, tags: o.t.json(), river: o.ref().optional(), flag: o.t.bool,
}, { defaults: { mayor: 'nobody', tags: ['new'] } })(class Town {});
const River = o.persistent('river', { name: o.t.utf8 })(class River {});`;
const MADE = `d.a = new Town({ name: 'A', people: 1000, notes: [{ by: 'first' }] }); d.b = new Town({ name: 'B', people: 2, twin: d.a, notes: [d.a] });`;

describe('a class with other fields', () => {
  test('fields that were added have their defaults, or nothing, 0 and empty texts; what is stored stays until it is changed', async () => {
    const path = temporaryFolder();
    await run(path, FIRST, MADE);
    const seen = await run(
      path,
      SECOND,
      `const before = o.stateOf(d.a).tid;
      const read = [d.a.name, d.a.people, d.a.mayor, d.a.height, d.a.tags, d.a.river ?? null, d.a.flag, d.b.twin === d.a, d.b.notes[0] === d.a];
      d.a.mayor = 'Ada'; d.a.tags.length;
      store.write(() => { d.a.tags.push('changed'); });
      d.a.river = new River({ name: 'R' });
      return [read, before === o.stateOf(d.b).tid || before < o.stateOf(d.a).tid];`,
    );
    expect(seen).toEqual([['A', 1000, 'nobody', 0, ['new'], null, false, true, true], true]);
    expect(
      await run(path, SECOND, `return [d.a.mayor, d.a.tags, d.a.river.name, d.a.people, d.a.notes, d.b.mayor];`),
    ).toEqual(['Ada', ['new', 'changed'], 'R', 1000, [{ by: 'first' }], 'nobody']);
  });

  test('an older program changes an object of a newer one, whose fields stay', async () => {
    const path = temporaryFolder();
    await run(
      path,
      SECOND,
      `d.a = new Town({ name: 'A', people: 1, notes: [], mayor: 'Ada', height: 2.5, tags: [1], flag: true, river: new River({ name: 'R' }) });`,
    );
    const old = await run(
      path,
      FIRST,
      `d.a.people++; d.a.twin = d.a; store.write(() => { d.a.notes.push('old'); }); return [d.a.people, Object.keys(d.a.toObject())];`,
    );
    expect(old).toEqual([2, ['name', 'people', 'twin', 'notes']]);
    expect(
      await run(
        path,
        SECOND,
        `return [d.a.people, d.a.twin === d.a, d.a.notes, d.a.mayor, d.a.height, d.a.tags, d.a.flag, d.a.river.name];`,
      ),
    ).toEqual([2, true, ['old'], 'Ada', 2.5, [1], true, 'R']);
  });

  test('a field that a program does not have any more stays too', async () => {
    const path = temporaryFolder();
    await run(
      path,
      SECOND,
      `d.a = new Town({ name: 'A', people: 1, notes: [], mayor: 'Ada', height: 1, flag: false });`,
    );
    const FEWER = `const Town = o.persistent('town', { name: o.t.utf8 })(class Town {});`;
    expect(await run(path, FEWER, `d.a.name = 'B'; return d.a.toObject();`)).toEqual({ name: 'B' });
    expect(await run(path, SECOND, `return [d.a.name, d.a.mayor, d.a.height];`)).toEqual(['B', 'Ada', 1]);
  });

  test('a class that extends one whose upgrade makes its fields has them, too, and may add to it', async () => {
    const path = temporaryFolder();
    const classes = (room: string, suite: string): string =>
      `const Room = o.persistent('room', ${room})(class Room {}); const Suite = o.persistent('suite', ${suite})(class Suite extends Room {});`;
    await run(
      path,
      classes('{ price: o.t.f64 }', '{ size: o.t.utf8 }'),
      `d.room = new Room({ price: 1.5 }); d.suite = new Suite({ price: 2.5, size: '30' });`,
    );
    const upgraded = classes(
      '{ cents: o.t.u32 }, { upgrade: ({ price }) => (price === undefined ? {} : { cents: 100 * price }) }',
      '{ size: o.t.u16 }, { upgrade: ({ size }) => ({ size: Number(size) }) }',
    );
    const seen = `return [d.room.toObject(), d.suite.toObject()];`;
    expect(await run(path, upgraded, `d.suite.cents++; ${seen}`)).toEqual([{ cents: 150 }, { cents: 251, size: 30 }]);
    expect(await run(path, upgraded, seen)).toEqual([{ cents: 150 }, { cents: 251, size: 30 }]);
  });

  test('a property that is no field of an object without its class is refused', async () => {
    const path = temporaryFolder();
    await run(path, FIRST, MADE);
    expect(await run(path, '', `d.a.nope = 1;`)).toMatch(/ERR_NOT_PERSISTENT|town.nope is no field of the class/);
  });

  test('renamed fields are read under their earlier names, the newest first', async () => {
    const path = temporaryFolder();
    await run(path, FIRST, MADE);
    const RENAMED = `const Town = o.persistent('town', { title: o.t.utf8, population: o.t.i32, sister: o.ref().optional(), remarks: o.t.json() }, {
      renamed: { title: ['label', 'name'], population: ['people'], sister: ['twin'], remarks: ['notes'] } })(class Town {});`;
    expect(
      await run(
        path,
        RENAMED,
        `d.b.population = 3; store.write(() => { d.b.remarks.push('x'); }); return [d.b.title, d.b.sister === d.a, d.b.remarks[0] === d.a, d.a.population];`,
      ),
    ).toEqual(['B', true, true, 1000]);
    expect(await run(path, RENAMED, `return [d.b.title, d.b.population, d.b.sister.title, d.b.remarks[1]];`)).toEqual([
      'B',
      3,
      'A',
      'x',
    ]);
    // An older program does not know the new names: it has its own fields, and the renamed ones stay.
    expect(await run(path, FIRST, `return [d.a.name, d.b.name];`)).toEqual(['A', '']);
  });

  test('a field of another type is made by upgrade; without it, reading says what to do', async () => {
    const path = temporaryFolder();
    await run(path, FIRST, MADE);
    const RETYPED = (options: string): string =>
      `const Town = o.persistent('town', { name: o.t.utf8, people: o.t.utf8, twin: o.ref().optional(), notes: o.t.json() }, ${options})(class Town {});`;
    const failed = await run(
      path,
      RETYPED('{}'),
      `try { d.a.people; } catch (error) { return [error.code, error.message]; }`,
    );
    expect(failed).toEqual(['ERR_CODEC', expect.stringContaining('upgrade')]);
    const UPGRADE = RETYPED(
      '{ upgrade: ({ people, notes }) => ({ people: people + " people", notes: Array.isArray(notes) ? { was: notes } : notes }) }',
    );
    expect(
      await run(
        path,
        UPGRADE,
        `const read = [d.a.people, d.a.notes, d.a.name, d.b.twin === d.a, d.b.notes[0] === d.a, ...store.pluck(Town, 'people')]; d.a.name = 'C'; d.b.name = 'D'; return read;`,
      ),
    ).toEqual(['1000 people', { was: [{ by: 'first' }] }, 'A', true, true, '1000 people', '2 people']);
    // What was changed is stored as upgraded, and not upgraded again.
    expect(await run(path, UPGRADE, `return [d.a.name, d.a.people, d.a.notes];`)).toEqual([
      'C',
      '1000 people',
      { was: [{ by: 'first' }] },
    ]);
  });

  test('a field that becomes optional, or is no longer, keeps its value', async () => {
    const path = temporaryFolder();
    await run(path, FIRST, MADE);
    const OPTIONAL = `const Town = o.persistent('town', { name: o.t.utf8, people: o.t.optional(o.t.i32), twin: o.ref().optional(), notes: o.t.json().optional() })(class Town {});`;
    expect(
      await run(
        path,
        OPTIONAL,
        `const read = [d.a.people, d.b.people, d.a.notes]; d.a.people = undefined; return read;`,
      ),
    ).toEqual([1000, 2, [{ by: 'first' }]]);
    expect(await run(path, FIRST, `return [d.a.people, d.b.people];`)).toEqual([0, 2]);
  });
});

describe('a class with another name', () => {
  const RENAMED = FIRST.replace("'town'", "'geo.Town'").replace(
    'notes: o.t.json() }',
    "notes: o.t.json() }, { aliases: ['town'] }",
  );

  test('finds the objects of its earlier name; what it changes has the new one', async () => {
    const path = temporaryFolder();
    await run(path, FIRST, MADE);
    expect(
      await run(
        path,
        RENAMED,
        `d.a.people = 5; return [d.a instanceof Town, [...store.all(Town)].length, d.b.people, ...store.pluck(Town, 'people')];`,
      ),
    ).toEqual([true, 2, 2, 5, 2]);
    expect(await run(path, RENAMED, `return [d.a.people, d.b.twin === d.a, [...store.all(Town)].length];`)).toEqual([
      5,
      true,
      2,
    ]);
  });

  test('an older program sees what has the new name as opaque objects, and the others as before', async () => {
    const path = temporaryFolder();
    await run(path, FIRST, MADE);
    await run(path, RENAMED, `d.a.people = 5;`);
    expect(
      await run(
        path,
        FIRST,
        `return [d.a instanceof o.OpaqueObject, d.a.className, d.a.people, d.b.name, d.b.twin === d.a];`,
      ),
    ).toEqual([true, 'geo.Town', 5, 'B', true]);
  });
});

describe('two versions of a program at the same time', () => {
  test('change the same objects in turn, and neither loses what the other has written', async () => {
    const path = temporaryFolder();
    await run(path, FIRST, MADE);
    const first = (body: string): Promise<unknown> => run(path, FIRST, body, false);
    const second = (body: string): Promise<unknown> => run(path, SECOND, body, false);
    await first('d.a.people = 1');
    for (let i = 0; i < 5; i++) {
      expect(await second(`d.a.mayor = 'M${i}'; d.a.people += 10; return d.a.people;`)).toBe(11 * i + 11);
      expect(await first('d.a.people += 1; return d.a.people')).toBe(11 * i + 12);
      expect(await second('return [d.a.mayor, d.a.people, d.a.tags]')).toEqual([`M${i}`, 11 * i + 12, ['new']]);
    }
    // The newer one stores an object with its own fields; the older one refers to it.
    await second("d.c = new Town({ name: 'C', people: 0, notes: [], height: 1, flag: true, mayor: 'M' })");
    expect(await first('d.b.twin = d.c; return [d.c.name, d.c instanceof o.OpaqueObject]')).toEqual(['C', false]);
    expect(await second('return [d.b.twin === d.c, d.b.twin.height, d.b.mayor]')).toEqual([true, 1, 'nobody']);
  });
});

describe('an object of a class that the program does not know', () => {
  const NONE = '';
  const MAKE = `d.a = new Town({ name: 'A', people: 1, notes: [1, { when: new Date(5), bytes: new Uint8Array([1, 2]), big: 5n }], mayor: 'Ada', height: 0.1, flag: true,
    river: new River({ name: 'R' }) }); d.a.twin = d.a; d.m = new o.PersistentMap();`;

  test('is listed, says its class, can be read, and is not changed', async () => {
    const path = temporaryFolder();
    await run(path, SECOND, MAKE);
    expect(
      await run(
        path,
        NONE,
        `const all = [...store.all(o.OpaqueObject)];
        return [all.map((each) => each.className).sort(), all.includes(d.a), d.a.name, d.a.river.name, d.a.twin === d.a, d.a.notes[1].big === 5n,
          codeOf(() => { d.a.name = 'B'; }), codeOf(() => { d.a.notes.push(1); }), codeOf(() => store.write(() => { d.a.notes.push(1); })), o.isPersistent(d.a)];`,
      ),
    ).toEqual([
      ['river', 'town'],
      true,
      'A',
      'R',
      true,
      true,
      'ERR_READ_ONLY_STATE',
      expect.any(String),
      expect.any(String),
      true,
    ]);
  });

  test('is referred to, moved and stored under other names; the program that knows it finds it as it was', async () => {
    const path = temporaryFolder();
    await run(path, SECOND, MAKE);
    const HOLDER = `const Holder = o.persistent('holder', { what: o.ref(), more: o.t.json() })(class Holder {});`;
    const [before, after] = (await run(
      path,
      HOLDER,
      `const before = o.stateOf(d.a).tid;
      d.m.set(['moved'], d.a); d.h = new Holder({ what: d.a, more: [d.a.river] }); delete d.a;
      return [before, o.stateOf(d.h.what).tid];`,
    )) as [number, number];
    expect(after).toBe(before);
    expect(
      await run(
        path,
        SECOND,
        `const a = d.m.get(['moved']);
        return ['a' in d, a instanceof Town, a.name, a.mayor, a.height, a.flag, a.twin === a, a.river.name, a.notes[1].when.getTime(), [...a.notes[1].bytes], a.notes[1].big === 5n];`,
      ),
    ).toEqual([false, true, 'A', 'Ada', 0.1, true, true, 'R', 5, [1, 2], true]);
    expect(
      await run(path, HOLDER, `return [d.h.what.className, d.h.more[0].className, d.h.what === d.m.get(['moved'])];`),
    ).toEqual(['town', 'river', true]);
  });

  test('a transaction can move it, too', async () => {
    const path = temporaryFolder();
    await run(path, SECOND, MAKE);
    expect(
      await run(
        path,
        NONE,
        `await store.transact(async (txn) => { txn.root.b = txn.root.a; delete txn.root.a; }); return [d.b.className, 'a' in d];`,
      ),
    ).toEqual(['town', false]);
  });
});
