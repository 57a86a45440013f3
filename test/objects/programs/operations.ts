import type { Random } from '../../versions/random.ts';
import { copyOf, Ref } from '../model/values.ts';
import { EXTRA, type Version } from './classes.ts';
import { type Doc, KEYS, type Kind, keyText, NAMES, newShadow, ROOT, reachable, type Shadow } from './shadow.ts';
import type { Side } from './side.ts';

/**
 * One thing that a program does with an object. Done with the real object and with the model's it must have the same result. What it does depends on nothing but what the
 * model has told before, so it can be done again on another version of the model.
 */
export interface Operation {
  readonly what: string;
  /** Whether it changes a plain value in place, which is refused outside of a transaction. */
  readonly isInPlace?: boolean;
  readonly real: (side: Side) => unknown;
  readonly shadow: (doc: Doc) => unknown;
}

/** More objects than that, and programs drop some. */
const MOST = 40;

/** Chooses operations for one program, by what a version of the model has. */
export class Operations {
  readonly #random: Random;
  readonly #nextSerial: () => number;
  readonly #version: Version;

  constructor(random: Random, version: Version, nextSerial: () => number) {
    this.#random = random;
    this.#version = version;
    this.#nextSerial = nextSerial;
  }

  choose(doc: Doc): Operation {
    const there = [...reachable(doc.state)];
    const serial = there.length > MOST || this.#random.chance(0.2) ? ROOT : this.#random.pick(there);
    const { kind } = doc.get(serial);
    if (kind === 'root' && there.length > MOST) return this.#drop();
    return this.#ofKind[kind](serial, doc, there);
  }

  readonly #ofKind: { readonly [kind in Kind]: (serial: number, doc: Doc, there: readonly number[]) => Operation } = {
    root: (_, __, there) => this.#root(there),
    item: (serial, doc, there) => this.#item(serial, doc, there),
    tally: (serial) => this.#tally(serial),
    moved: (serial) => this.#moved(serial),
    map: (serial, _, there) => this.#map(serial, there),
    set: (serial) => this.#set(serial),
    list: (serial, _, there) => this.#list(serial, there),
    counter: (serial) => this.#counter(serial),
  };

  /** A plain value, a reference, or a new object. */
  #value(there: readonly number[]): {
    readonly value: unknown;
    readonly make: (side: Side) => void;
    readonly add: (doc: Doc) => void;
  } {
    const n = this.#random.below(1000);
    const none = { make: () => {}, add: () => {} };
    const refs = there.filter((serial) => serial !== ROOT);
    const ref = () => new Ref(this.#random.pick(refs));
    const choice = this.#random.below(10);
    if (choice < 2) return { ...none, value: n };
    if (choice < 4 && refs.length > 0) return { ...none, value: ref() };
    if (choice < 5 && refs.length > 0) return { ...none, value: { in: [ref(), n], deep: { more: ref() } } };
    const kind = this.#random.pick(['item', 'item', 'tally', 'moved', 'map', 'set', 'list', 'counter'] as const);
    const serial = this.#nextSerial();
    const { shadow, fields } = made(kind, n, refs.length > 0 && this.#random.chance(0.3) ? ref() : undefined);
    return {
      value: new Ref(serial),
      make: (side) => side.make(serial, kind, fields[side.actor.program.version]),
      add: (each) => each.add(serial, newShadow(kind, { ...shadow })),
    };
  }

  #drop(): Operation {
    const name = this.#random.pick(NAMES);
    return {
      what: `delete root.${name}`,
      real: (side) => delete side.real(ROOT)[name],
      shadow: (doc) => doc.edit(ROOT, keyText(name)).entries.delete(keyText(name)) || true,
    };
  }

  #root(there: readonly number[]): Operation {
    const name = this.#random.pick(NAMES);
    const choice = this.#random.below(10);
    if (choice < 2) return this.#drop();
    if (choice < 4)
      return read(
        ROOT,
        `root.${name}`,
        (real) => (Object.hasOwn(real, name) ? real[name] : undefined),
        (each) => each.get(ROOT).entries.get(keyText(name)),
      );
    if (choice < 5)
      return read(
        ROOT,
        'keys of root',
        (real) => Object.keys(real),
        (each) => each.sorted(ROOT).map(([key]) => key),
      );
    const { value, make, add } = this.#value(there);
    return {
      what: `root.${name} = ${describe(value)}`,
      real: (side) => {
        make(side);
        side.real(ROOT)[name] = side.value(value);
      },
      shadow: (each) => {
        add(each);
        each.edit(ROOT, keyText(name)).entries.set(keyText(name), value);
      },
    };
  }

  #item(serial: number, doc: Doc, there: readonly number[]): Operation {
    const version = this.#version;
    const n = this.#random.below(1000);
    const choice = this.#random.below(10);
    const names = version === 'new' ? ['n', 'link', 'note', 'extra'] : ['n', 'link', 'note'];
    const fieldsOf = (fields: { [name: string]: unknown }) => names.map((name) => fields[name] ?? null);
    if (choice < 3) return read(serial, 'fields', fieldsOf, (each) => fieldsOf(each.get(serial).fields));
    if (choice < 5) {
      // Only a list is changed in place: what else there may be is replaced by one.
      const { note } = doc.get(serial).fields;
      if (Array.isArray(note)) {
        return {
          what: `#${serial}.note.push(${n})`,
          isInPlace: true,
          real: (side) => side.real(serial).note.push(n),
          shadow: (each) => {
            const { fields } = each.edit(serial, 'fields');
            fields['note'] = [...(fields['note'] as unknown[]), n];
            return (fields['note'] as unknown[]).length;
          },
        };
      }
      return assign(serial, 'note', [n]);
    }
    if (choice < 6) return assign(serial, 'n', n);
    if (choice < 7 && version === 'new') return assign(serial, 'extra', n);
    const { value, make, add } = this.#value(there);
    const isObject = value instanceof Ref;
    const name = isObject && choice < 9 ? 'link' : 'note';
    const assigned = assign(serial, name, value);
    return {
      what: assigned.what,
      real: (side) => {
        make(side);
        assigned.real(side);
      },
      shadow: (each) => {
        add(each);
        assigned.shadow(each);
      },
    };
  }

  /** It is never read in a transaction: what a merged transaction has read is older than what it is committed on. */
  #tally(serial: number): Operation {
    const n = 1 + this.#random.below(9);
    return {
      what: `#${serial}.n += ${n}`,
      real: (side) => {
        side.real(serial).n += n;
      },
      shadow: (doc) => {
        const { fields } = doc.edit(serial, 'fields');
        fields['n'] = (fields['n'] as number) + n;
      },
    };
  }

  #moved(serial: number): Operation {
    const version = this.#version;
    const n = this.#random.below(1000);
    const [label, total] = version === 'new' ? ['name', 'total'] : ['label', 'total'];
    if (this.#random.chance(0.7)) {
      return read(
        serial,
        'label and total',
        (real) => [real[label as string], `${real[total as string]}`],
        (doc) => [doc.get(serial).fields['name'], doc.get(serial).fields['total']],
      );
    }
    return {
      what: `#${serial}: label and total ${n}`,
      real: (side) => {
        const real = side.real(serial);
        real[label as string] = `label ${n}`;
        real[total as string] = version === 'new' ? `${n}` : n;
      },
      shadow: (doc) => {
        const shadow = doc.edit(serial, 'fields');
        Object.assign(shadow.fields, { name: `label ${n}`, total: `${n}` });
      },
    };
  }

  #map(serial: number, there: readonly number[]): Operation {
    const key = this.#random.pick(KEYS);
    const text = keyText(key);
    switch (this.#random.below(10)) {
      case 0:
        return read(
          serial,
          'entries',
          (real) => [...real],
          (each) => each.sorted(serial),
        );
      case 1:
        return read(
          serial,
          'size',
          (real) => real.size,
          (each) => each.get(serial).entries.size,
        );
      case 2:
        return read(
          serial,
          `get ${text}`,
          (real) => real.get(key),
          (each) => each.get(serial).entries.get(text),
        );
      case 3:
        return read(
          serial,
          `has ${text}`,
          (real) => real.has(key),
          (each) => each.get(serial).entries.has(text),
        );
      case 4:
        return change(
          serial,
          `delete ${text}`,
          text,
          (real) => real.delete(key),
          ({ entries }) => entries.delete(text),
        );
      case 5:
        return this.#random.chance(0.3)
          ? clear(serial, 'entries')
          : read(
              serial,
              'first',
              (real) => [...real.range({ limit: 1 })],
              (each) => each.sorted(serial).slice(0, 1),
            );
      default: {
        const { value, make, add } = this.#value(there);
        return {
          what: `#${serial}.set(${text}, ${describe(value)})`,
          real: (side) => {
            make(side);
            const real = side.real(serial);
            return real.set(key, side.value(value)) === real;
          },
          shadow: (each) => {
            add(each);
            each.edit(serial, text).entries.set(text, value);
            return true;
          },
        };
      }
    }
  }

  #set(serial: number): Operation {
    const key = this.#random.pick(KEYS);
    const text = keyText(key);
    switch (this.#random.below(7)) {
      case 0:
        return read(
          serial,
          'elements',
          (real) => [...real],
          (doc) => doc.sorted(serial).map(([each]) => each),
        );
      case 1:
        return read(
          serial,
          'size',
          (real) => real.size,
          (doc) => doc.get(serial).entries.size,
        );
      case 2:
        return read(
          serial,
          `has ${text}`,
          (real) => real.has(key),
          (doc) => doc.get(serial).entries.has(text),
        );
      case 3:
        return change(
          serial,
          `delete ${text}`,
          text,
          (real) => real.delete(key),
          ({ entries }) => entries.delete(text),
        );
      case 4:
        return this.#random.chance(0.2)
          ? clear(serial, 'entries')
          : change(
              serial,
              `delete ${text}`,
              text,
              (real) => real.delete(key),
              ({ entries }) => entries.delete(text),
            );
      default:
        return change(
          serial,
          `add ${text}`,
          text,
          (real) => real.add(key) === real,
          ({ entries }) => entries.set(text, true) === entries,
        );
    }
  }

  #list(serial: number, there: readonly number[]): Operation {
    const at = this.#random.below(6) - 2;
    const count = this.#random.below(3);
    const { value, make, add } = this.#value(there);
    const values = (side: Side) => {
      make(side);
      return side.value(value);
    };
    const changes = (what: string, real: (side: Side) => unknown, shadow: (list: unknown[]) => unknown): Operation => ({
      what: `#${serial}.${what} ${describe(value)}`,
      real,
      shadow: (each) => {
        add(each);
        return shadow(each.edit(serial, 'elements').elements);
      },
    });
    const takes = (what: string, real: (list: unknown[]) => unknown): Operation =>
      change(serial, what, 'elements', real, ({ elements }) => real(elements));
    switch (this.#random.below(12)) {
      case 0:
        return read(
          serial,
          'elements',
          (real) => [...real],
          (each) => each.get(serial).elements,
        );
      case 1:
        return read(
          serial,
          `at(${at})`,
          (real) => real.at(at),
          (each) => each.get(serial).elements.at(at),
        );
      case 2:
        return read(
          serial,
          'length',
          (real) => real.length,
          (each) => each.get(serial).elements.length,
        );
      case 3:
        return takes('pop()', (list) => list.pop());
      case 4:
        return takes('shift()', (list) => list.shift());
      case 5:
        return takes(`splice(${at}, ${count})`, (list) => list.splice(at, count));
      case 6:
        return changes(
          `splice(${at}, ${count}) and insert`,
          (side) => side.real(serial).splice(at, count, values(side)),
          (list) => list.splice(at, count, value),
        );
      case 7:
        return changes(
          'unshift',
          (side) => void side.real(serial).unshift(values(side)),
          (list) => void list.unshift(value),
        );
      case 8:
        return this.#random.chance(0.2) ? clear(serial, 'elements') : takes('pop()', (list) => list.pop());
      default:
        return changes(
          'push',
          (side) => void side.real(serial).push(values(side)),
          (list) => void list.push(value),
        );
    }
  }

  #counter(serial: number): Operation {
    const n = this.#random.below(9) - 3;
    if (this.#random.chance(0.3))
      return read(
        serial,
        'value',
        (real) => real.value,
        (doc) => doc.get(serial).fields['value'],
      );
    return change(
      serial,
      `add ${n}`,
      'fields',
      (real) => void real.add(n),
      ({ fields }) => {
        fields['value'] = (fields['value'] as number) + n;
      },
    );
  }
}

function made(
  kind: Kind,
  n: number,
  link: Ref | undefined,
): {
  shadow: { readonly [name: string]: unknown };
  fields: { readonly [version in Version]: { readonly [name: string]: unknown } };
} {
  const of = (shadow: { [name: string]: unknown }, old = shadow, recent = shadow) => ({
    shadow,
    fields: { old, new: recent },
  });
  switch (kind) {
    case 'item': {
      const fields = { n, note: [n], ...(link === undefined ? {} : { link }) };
      return of({ ...fields, extra: EXTRA }, fields, fields);
    }
    case 'tally':
      return of({ n });
    case 'moved':
      return of(
        { name: `label ${n}`, total: `${n}` },
        { label: `label ${n}`, total: n },
        { name: `label ${n}`, total: `${n}` },
      );
    case 'counter':
      return of({ value: 0 });
    default:
      return of({});
  }
}

// biome-ignore lint/suspicious/noExplicitAny: an object of whatever class
type Real = any;

function read(serial: number, what: string, real: (real: Real) => unknown, shadow: (doc: Doc) => unknown): Operation {
  return { what: `#${serial}: ${what}`, real: (side) => real(side.real(serial)), shadow };
}

function change(
  serial: number,
  what: string,
  touched: string,
  real: (real: Real) => unknown,
  shadow: (shadow: Shadow) => unknown,
): Operation {
  return {
    what: `#${serial}: ${what}`,
    real: (side) => real(side.real(serial)),
    shadow: (doc) => shadow(doc.edit(serial, touched)),
  };
}

function assign(serial: number, name: string, value: unknown): Operation {
  return {
    what: `#${serial}.${name} = ${describe(value)}`,
    real: (side) => {
      side.real(serial)[name] = side.value(value);
    },
    shadow: (doc) => {
      doc.edit(serial, 'fields').fields[name] = value;
    },
  };
}

function clear(serial: number, what: 'entries' | 'elements'): Operation {
  return change(
    serial,
    'clear',
    'all',
    (real) => void real.clear(),
    (shadow) => {
      if (what === 'entries') shadow.entries.clear();
      else shadow.elements.length = 0;
    },
  );
}

function describe(value: unknown): string {
  return JSON.stringify(copyOf(value, ({ serial }) => `#${serial}`));
}
