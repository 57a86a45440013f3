import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Collection, Environment, ReadTransaction, Sink } from '../../lib/index.ts';
import { bytes, uint32, Value } from '../../lib/index.ts';
import { openTemporary, thrown } from '../support/fixture.ts';

/** What the database must hold: a Map, copied for each snapshot and for each transaction that may be undone. */
type Model = Map<number, string>;

interface Snapshot {
  txn: ReadTransaction;
  model: Model;
}

interface State {
  /** The committed state below, and one layer for each write transaction that is open, the innermost last. */
  layers: Model[];
  snapshots: { model: Model }[];
}

interface Real {
  env: Environment;
  items: Collection<number, Uint8Array | Sink, number, Value>;
  snapshots: Snapshot[];
  /** Values that were read at some time, and what they must stay. */
  held: { value: Value; content: string }[];
}

type Command = fc.Command<State, Real>;

const now = ({ layers }: State): Model => layers.at(-1) as Model;
const content = (value: Value | undefined): string | undefined => value?.toBuffer().toString('latin1');
const sorted = (model: Model): [number, string][] => [...model].sort(([a], [b]) => a - b);

/** A value of some size, told apart by what it begins with. */
function valueText(size: number, stamp: number): string {
  return `${stamp} `.padEnd(size, 'v');
}

function command(
  name: string,
  run: (state: State, real: Real) => void,
  check: (state: State) => boolean = () => true,
): Command {
  return { run, check, toString: () => name };
}

const key = fc.nat(25);
const size = fc.constantFrom(0, 3, 50, 900, 3000, 5000, 40_000);
let stamps = 0;

function put(k: number, length: number): Command {
  return command(`put(${k}, ${length})`, (state, { items }) => {
    const value = valueText(length, ++stamps);
    items.put(k, Buffer.from(value, 'latin1'));
    now(state).set(k, value);
  });
}

function putNew(k: number, length: number): Command {
  return command(`putNew(${k}, ${length})`, (state, { items }) => {
    const value = valueText(length, ++stamps);
    expect(items.putNew(k, Buffer.from(value, 'latin1'))).toBe(!now(state).has(k));
    if (!now(state).has(k)) now(state).set(k, value);
  });
}

function append(k: number): Command {
  return command(`append(${k})`, (state, { items }) => {
    const greatest = Math.max(-1, ...now(state).keys());
    const value = valueText(20, ++stamps);
    const run = (): void => items.append(k, Buffer.from(value));
    if (k > greatest) {
      run();
      now(state).set(k, value);
    } else {
      expect((thrown(run) as { code?: string }).code).toBe('ERR_KEY_ORDER');
    }
  });
}

function del(k: number): Command {
  return command(`del(${k})`, (state, { items }) => {
    expect(items.del(k)).toBe(now(state).delete(k));
  });
}

const clear = command('clear()', (state, { items }) => {
  items.clear();
  now(state).clear();
});

/** Compares everything that a transaction (the present one if none is named) sees with the model. */
function compare(model: Model, { items, held }: Real, txn?: ReadTransaction): void {
  const wanted = sorted(model);
  const entries = items.range({}, txn).toArray();
  expect(entries.map(({ key, value }) => [key, content(value)])).toEqual(wanted);
  expect(items.count({}, txn)).toBe(wanted.length);
  const keys = Array.from({ length: 26 }, (_, i) => i);
  expect(items.getMany(keys, txn).map(content)).toEqual(keys.map((k) => model.get(k)));
  for (const k of [0, 7, 13]) {
    const value = items.get(k, txn);
    expect([content(value), items.has(k, txn)]).toEqual([model.get(k), model.has(k)]);
    if (value !== undefined) held.push({ value, content: model.get(k) as string });
  }
  for (const { value } of entries.slice(0, 3)) held.push({ value, content: content(value) as string });
}

function range(from: number, to: number, reverse: boolean, limit: number): Command {
  return command(`range(${from}, ${to}, ${reverse}, ${limit})`, (state, { items }) => {
    const inside = sorted(now(state)).filter(([k]) => k >= from && k < to);
    const wanted = (reverse ? inside.reverse() : inside).slice(0, limit);
    const options = { gte: from, lt: to, reverse, limit };
    expect(
      items
        .range(options)
        .map(({ key, value }) => [key, content(value)])
        .toArray(),
    ).toEqual(wanted);
    const scanned: unknown[] = [];
    items.scan(options, ({ key, value }) => void scanned.push([key, content(value)]));
    expect(scanned).toEqual(wanted);
  });
}

const check = command('compare with the model', (state, real) => compare(now(state), real));

/** Runs `commands` in a transaction inside the present one; `undo` rolls it back. */
function write(commands: readonly Command[], undo: boolean): Command {
  const text = commands.map(String).join(', ');
  return command(`${undo ? 'undone' : 'write'}(${text})`, (state, real) => {
    state.layers.push(new Map(now(state)));
    const run = (): void => {
      for (const inner of commands) if (inner.check(state)) void inner.run(state, real);
      compare(now(state), real);
      if (undo) throw new Error('undo');
    };
    if (undo) expect(() => real.env.write(run)).toThrow(/^undo$/);
    else real.env.write(run);
    const layer = state.layers.pop() as Model;
    if (!undo) state.layers[state.layers.length - 1] = layer;
  });
}

const begin = command('read()', (state, real) => {
  const model = new Map(state.layers[0]);
  real.snapshots.push({ txn: real.env.read(), model });
  state.snapshots.push({ model });
});

function look(index: number): Command {
  return command(
    `look at snapshot ${index}`,
    (_, real) => {
      const { txn, model } = real.snapshots[index % real.snapshots.length] as Snapshot;
      compare(model, real, txn);
    },
    ({ snapshots }) => snapshots.length > 0,
  );
}

function end(index: number): Command {
  return command(
    `end snapshot ${index}`,
    ({ snapshots }, real) => {
      const at = index % snapshots.length;
      real.snapshots[at]?.txn.end();
      real.snapshots.splice(at, 1);
      snapshots.splice(at, 1);
    },
    ({ snapshots }) => snapshots.length > 0,
  );
}

const checkHeld = command('what is held is what it was', (_, { held }) => {
  for (const { value, content: expected } of held) expect(content(value)).toBe(expected);
});

const simple: fc.Arbitrary<Command>[] = [
  fc.tuple(key, size).map(([k, length]) => put(k, length)),
  fc.tuple(key, size).map(([k, length]) => put(k, length)),
  fc.tuple(key, size).map(([k, length]) => putNew(k, length)),
  key.map(append),
  key.map(del),
  fc.constant(clear),
  fc.constant(check),
  fc.tuple(key, key, fc.boolean(), fc.nat(9)).map(([a, b, reverse, limit]) => range(a, b, reverse, limit)),
  fc.nat(5).map(look),
  fc.constant(checkHeld),
];
const nested = (inner: fc.Arbitrary<Command>): fc.Arbitrary<Command> =>
  fc.tuple(fc.array(inner, { maxLength: 8 }), fc.boolean()).map(([commands, undo]) => write(commands, undo));
const once = fc.oneof(...simple);
const twice = fc.oneof(...simple, nested(once));
const commands = [
  ...simple,
  nested(fc.oneof(...simple, nested(twice))),
  fc.constant(begin),
  fc.constant(begin),
  fc.nat(5).map(end),
];

test('does what an ordered Map does, through nested and undone transactions and snapshots that are kept', () => {
  const env = openTemporary({ mapSize: 2 ** 28 });
  const items = env.collection('items', { key: uint32, value: bytes });
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 60, size: 'max' }), (all) => {
      items.clear();
      const real: Real = { env, items, snapshots: [], held: [] };
      try {
        fc.modelRun(() => ({ model: { layers: [new Map()], snapshots: [] }, real }), all);
      } finally {
        for (const { txn } of real.snapshots) txn.end();
      }
      // Whatever a transaction has read is unchanged, whether it has been drained by now or still waits for that.
      env.resize();
      for (const { value, content: expected } of real.held) {
        expect(value).toBeInstanceOf(Value);
        expect(content(value)).toBe(expected);
      }
    }),
    { numRuns: 300 },
  );
});
