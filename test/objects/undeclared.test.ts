import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  Counter,
  openStore,
  PersistentList,
  PersistentMap,
  PersistentSet,
  persistent,
  ref,
  t,
} from '../../lib/objects/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

/** Properties of any name, as plain JavaScript assigns them. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Any = any;

const fields = { foo: t.i32, next: ref().optional() };
const Given = persistent('undeclared.Given', fields)(class Given {}) as Any;
const Extending = persistent(
  'undeclared.Extending',
  fields,
)(
  (Base) =>
    class Extending extends Base {
      declared: unknown = 1;
      #calls = 0;
      called(): number {
        this.declared = [this.declared];
        return ++this.#calls;
      }
      remember(): void {
        (this as Any).memo = 5;
      }
    },
) as Any;
const Below = persistent('undeclared.Below', { teeth: t.u8 })(class Below extends Given {}) as Any;
const Constructed = persistent(
  'undeclared.Constructed',
  fields,
)(
  class Constructed {
    declare foo: number;
    constructor(foo: number, memo?: number) {
      this.foo = foo;
      if (memo !== undefined) (this as Any).memo = memo;
    }
    onLoad(): void {
      (this as Any).loaded = true;
    }
  },
) as Any;

function stored(object: object, path = temporaryFolder()): { d: Any; path: string; close: () => void } {
  const store = openStore(path, { durability: 'nosync' });
  store.root.x = object;
  return { d: store.root as Any, path, close: () => store.close() };
}

const refusal = (path: string, has: string): object =>
  expect.objectContaining({ code: 'ERR_NOT_PERSISTENT', path, message: expect.stringContaining(has) });

describe('the assignment of a property that is no field is refused, since it would be lost', () => {
  test.each([
    ['given as a class', () => new Given({ foo: 1 }), 'undeclared.Given.nope'],
    ['made by a function', () => new Extending({ foo: 1 }), 'undeclared.Extending.nope'],
    ['extending one', () => new Below({ foo: 1, teeth: 2 }), 'undeclared.Below.nope'],
    ['with a constructor', () => new Constructed(1), 'undeclared.Constructed.nope'],
  ])('for a class %s: of objects that are new, stored and loaded, in sloppy code too', (_, make, path) => {
    const object = make() as Any;
    const sloppy = new Function('object', 'name', 'object[name] = 1') as (object: unknown, name: string) => void;
    expect(() => sloppy(object, 'nope')).toThrow(refusal(path, 'the class has foo, next'));
    const first = stored(object);
    expect(() => sloppy(first.d.x, 'nope')).toThrow(refusal(path, 'Add it to the fields'));
    first.close();
    const store = openStore(first.path);
    expect(() => sloppy(store.root.x, 'nope')).toThrow(
      refusal(path, "declared in the body of the class, as 'nope = undefined'"),
    );
    expect(() => sloppy(store.snapshot().root.x, 'nope')).toThrow(refusal(path, 'would be lost'));
    expect([store.root.x.nope, 'nope' in store.root.x, store.root.x.foo]).toEqual([undefined, false, 1]);
    store.close();
  });

  test('in a method and in a constructor; what the constructor makes is not stored', () => {
    expect(() => new Extending({ foo: 1 }).remember()).toThrow(refusal('undeclared.Extending.memo', 'would be lost'));
    expect(() => new Constructed(1, 2)).toThrow(refusal('undeclared.Constructed.memo', 'the class has foo, next'));
  });

  test('of a symbol', () => {
    const object = new Given({ foo: 1 });
    expect(() => {
      object[Symbol('mark')] = 1;
    }).toThrow(refusal('undeclared.Given.Symbol(mark)', 'would be lost'));
  });

  test.each([
    ['a map', () => new PersistentMap() as Any, 'leasehold.Map', 'size'],
    ['a set', () => new PersistentSet() as Any, 'leasehold.Set', 'size'],
    ['a list', () => new PersistentList() as Any, 'leasehold.List', 'length'],
    ['a counter', () => new Counter() as Any, 'leasehold.Counter', 'value'],
  ])('of %s, whose own fields and counts are refused too', (_, make, name, count) => {
    const { d } = stored(make());
    for (const collection of [make(), d.x]) {
      expect(() => {
        collection[0] = 1;
      }).toThrow(refusal(`${name}.0`, 'use the methods'));
      expect(() => {
        collection[count] = 5;
      }).toThrow(expect.objectContaining({ code: 'ERR_READ_ONLY_STATE', path: `${name}.${count}` }));
      expect(collection[count]).toBe(0);
    }
    for (const collection of [d.x, make()]) {
      if (!('codec' in collection)) continue;
      expect(() => {
        collection.codec = 'utf8';
      }).toThrow(expect.objectContaining({ code: 'ERR_READ_ONLY_STATE', path: `${name}.codec` }));
      expect(collection.codec).toBe('any');
    }
  });
});

describe('what a class keeps for itself', () => {
  test('is declared in its body: private fields and fields with initial values, also after loading', () => {
    const first = stored(new Extending({ foo: 1 }));
    expect([first.d.x.called(), first.d.x.called(), first.d.x.declared]).toEqual([1, 2, [[1]]]);
    first.close();
    const store = openStore(first.path);
    const { x } = store.root;
    expect([x.declared, x.called(), x.declared]).toEqual([1, 1, [1]]);
    x.declared = 'other';
    expect([x.declared, x.foo]).toEqual(['other', 1]);
    store.close();
  });

  test('is set in onLoad(), if it has a constructor', () => {
    const first = stored(new Constructed(7));
    first.close();
    const store = openStore(first.path);
    const { x } = store.root;
    expect([x.loaded, x.foo]).toEqual([true, 7]);
    x.loaded = false;
    expect(x.loaded).toBe(false);
    expect(() => {
      x.other = 1;
    }).toThrow(refusal('undeclared.Constructed.other', 'would be lost'));
    store.close();
  });

  test('can be defined, by who knows that it is not stored', () => {
    const object = new Given({ foo: 1 });
    Object.defineProperty(object, 'mark', { value: 1, writable: true });
    object.mark++;
    expect(object.mark).toBe(2);
  });

  test('is the affair of a class that is not persistent, if the class extends one', () => {
    const Emitting = persistent('undeclared.Emitting', { foo: t.i32 })(
      class Emitting extends EventEmitter {
        declare foo: number;
        constructor() {
          super();
          this.foo = 1;
        }
      },
    ) as Any;
    const { d } = stored(new Emitting());
    let told = 0;
    d.x.on('change', () => told++);
    d.x.emit('change');
    expect([told, d.x.foo, Object.getPrototypeOf(EventEmitter.prototype)]).toEqual([1, 1, Object.prototype]);
  });
});
