import { deepStrictEqual, strictEqual } from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Collection, Environment, ReadTransaction, Sink } from '../../lib/index.ts';
import { bytes, type Value } from '../../lib/index.ts';
import { codeOf, openTemporary } from '../support/fixture.ts';
import { compare, type Pair, Pairs } from './oracle.ts';

type Items = Collection<Uint8Array | Sink, Uint8Array | Sink, Value, Value>;

interface Snapshot {
  txn: ReadTransaction;
  model: Pairs;
}

interface State {
  /** The committed state below, and one layer for each write transaction that is open. */
  layers: Pairs[];
  snapshots: Snapshot[];
}

interface Real {
  env: Environment;
  items: Items;
  /** What was read at some time, and what it must stay. */
  held: { value: Value; text: string }[];
}

type Command = fc.Command<State, Real>;

const now = ({ layers }: State): Pairs => layers.at(-1) as Pairs;
const toBytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const text = (sink: Sink | undefined): string | undefined => sink?.toBuffer().toString('latin1');
const toPair = ({ key, value }: { key: Value; value: Value }): Pair => [text(key) as string, text(value) as string];

const command = (name: string, run: (state: State, real: Real) => void): Command => ({
  run,
  check: () => true,
  toString: () => name,
});

const KEYS = ['a', 'b', 'ba', 'c', 'dddd', 'k'.repeat(511)];
const key = fc.constantFrom(...KEYS);
/** Few enough that commands meet the same value again. Some are as long as LMDB allows. */
const value = fc.oneof(
  fc.nat(40).map((i) => String.fromCharCode(i)),
  fc.nat(300).map((i) => `value ${i}`),
  fc.constantFrom('v'.repeat(511), `${'v'.repeat(400)}w`, 'w'.repeat(200), '\xff'.repeat(511), '\0', '\0\0'),
);
const pair: fc.Arbitrary<Pair> = fc.tuple(key, value);

const put = ([k, v]: Pair): Command =>
  command(`put(${k}, ${v})`, (state, { items }) => {
    items.put(toBytes(k), toBytes(v));
    now(state).add([k, v]);
  });

const putNew = ([k, v]: Pair): Command =>
  command(`putNew(${k}, ${v})`, (state, { items }) => {
    strictEqual(items.putNew(toBytes(k), toBytes(v)), now(state).add([k, v]));
  });

const append = ([k, v]: Pair): Command =>
  command(`append(${k}, ${v})`, (state, { items }) => {
    const last = now(state).all.at(-1);
    const run = (): void => items.append(toBytes(k), toBytes(v));
    if (last !== undefined && compare([k, v], last) <= 0) expect(codeOf(run)).toBe('ERR_KEY_ORDER');
    else {
      run();
      now(state).add([k, v]);
    }
  });

const del = (k: string): Command =>
  command(`del(${k})`, (state, { items }) => {
    strictEqual(items.del(toBytes(k)), now(state).remove(([other]) => other === k) > 0);
  });

const delValue = (p: Pair): Command =>
  command(`delValue(${p})`, (state, { items }) => {
    strictEqual(items.delValue(toBytes(p[0]), toBytes(p[1])), now(state).delete(p));
  });

/** Puts so many values that they need separate pages, or deletes them again. */
const many = (k: string, from: number, count: number, remove: boolean): Command =>
  command(`${remove ? 'delete' : 'put'} ${count} values of ${k} from ${from}`, (state, { env, items }) => {
    env.write(() => {
      for (let i = from; i < from + count; i++) {
        const p: Pair = [k, `value ${i}`];
        if (remove) {
          items.delValue(toBytes(k), toBytes(p[1]));
          now(state).delete(p);
        } else {
          items.put(toBytes(k), toBytes(p[1]));
          now(state).add(p);
        }
      }
    });
  });

const clear = command('clear()', (state, { items }) => {
  items.clear();
  now(state).remove(() => true);
});

function look(model: Pairs, { items, held }: Real, txn?: ReadTransaction): void {
  const entries = items.range({}, txn).toArray();
  // deepStrictEqual() is many times faster than expect().
  deepStrictEqual(entries.map(toPair), model.all);
  deepStrictEqual([items.count({}, txn), items.stat(txn).entries], [model.all.length, model.all.length]);
  for (const k of KEYS) {
    const values = model.values(k);
    deepStrictEqual(items.getAll(toBytes(k), txn).map(text).toArray(), values);
    strictEqual(items.getAll(toBytes(k), txn).count(), values.length);
    deepStrictEqual([text(items.get(toBytes(k), txn)), items.has(toBytes(k), txn)], [values[0], values.length > 0]);
  }
  deepStrictEqual(
    items.getMany(KEYS.map(toBytes), txn).map(text),
    KEYS.map((k) => model.values(k)[0]),
  );
  for (let i = 0; i < entries.length; i += 50) {
    const { value: kept } = entries[i] as { value: Value };
    held.push({ value: kept, text: text(kept) as string });
  }
}

const hasValue = (p: Pair): Command =>
  command(`hasValue(${p})`, (state, { items }) => {
    strictEqual(items.hasValue(toBytes(p[0]), toBytes(p[1])), now(state).has(p));
  });

interface Bounds {
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
}
const bounds: fc.Arbitrary<Bounds> = fc
  .tuple(key, key, fc.constantFrom('gt', 'gte', undefined), fc.constantFrom('lt', 'lte', undefined))
  .map(([a, b, lower, upper]) => ({
    ...(lower === undefined ? {} : { [lower]: a }),
    ...(upper === undefined ? {} : { [upper]: b }),
  }));

function within({ gt, gte, lt, lte }: Bounds, k: string): boolean {
  const above = (gt === undefined || k > gt) && (gte === undefined || k >= gte);
  return above && (lt === undefined || k < lt) && (lte === undefined || k <= lte);
}

const range = (b: Bounds, reverse: boolean, limit: number): Command =>
  command(`range(${JSON.stringify(b)}, ${reverse}, ${limit})`, (state, { items }) => {
    const inside = now(state).all.filter(([k]) => within(b, k));
    const wanted = (reverse ? inside.reverse() : inside).slice(0, limit);
    const encoded = Object.fromEntries(Object.entries(b).map(([name, k]) => [name, toBytes(k as string)]));
    const options = { ...encoded, reverse, limit };
    const found = items.range(options);
    deepStrictEqual(found.map(toPair).toArray(), wanted);
    deepStrictEqual(
      found.keys().map(text).toArray(),
      wanted.map(([k]) => k),
    );
    deepStrictEqual(
      found.values().map(text).toArray(),
      wanted.map(([, v]) => v),
    );
    strictEqual(found.count(), wanted.length);
    const scanned: Pair[] = [];
    items.scan(options, (entry) => void scanned.push(toPair(entry)));
    deepStrictEqual(scanned, wanted);
  });

const check = command('compare with the model', (state, real) => look(now(state), real));

function write(commands: readonly Command[], undo: boolean): Command {
  return command(`${undo ? 'undone' : 'write'}(${commands.map(String).join(', ')})`, (state, real) => {
    state.layers.push(now(state).copy());
    const run = (): void => {
      for (const inner of commands) void inner.run(state, real);
      look(now(state), real);
      if (undo) throw new Error('undo');
    };
    if (undo) expect(() => real.env.write(run)).toThrow(/^undo$/);
    else real.env.write(run);
    const layer = state.layers.pop() as Pairs;
    if (!undo) state.layers[state.layers.length - 1] = layer;
  });
}

const begin = command('read()', ({ layers, snapshots }, { env }) => {
  snapshots.push({ txn: env.read(), model: (layers[0] as Pairs).copy() });
});

const end = (index: number): Command =>
  command(`look at snapshot ${index} and end it`, ({ snapshots }, real) => {
    const [snapshot] = snapshots.splice(index % Math.max(1, snapshots.length), 1);
    if (snapshot === undefined) return;
    look(snapshot.model, real, snapshot.txn);
    snapshot.txn.end();
  });

const checkHeld = command('what is held is what it was', (_, { held }) => {
  for (const { value: kept, text: expected } of held) strictEqual(text(kept), expected);
});

const count = fc.constantFrom(10, 60, 200, 700);
const simple: fc.Arbitrary<Command>[] = [
  pair.map(put),
  pair.map(put),
  pair.map(putNew),
  pair.map(append),
  pair.map(delValue),
  pair.map(hasValue),
  key.map(del),
  fc.tuple(key, fc.nat(300), count, fc.boolean()).map(([k, from, n, remove]) => many(k, from, n, remove)),
  fc.tuple(key, fc.nat(300), count).map(([k, from, n]) => many(k, from, n, false)),
  fc.constant(check),
  fc.tuple(bounds, fc.boolean(), fc.constantFrom(1, 7, 500, 5000)).map(([b, reverse, n]) => range(b, reverse, n)),
  fc.tuple(bounds, fc.boolean(), fc.constantFrom(1, 7, 500, 5000)).map(([b, reverse, n]) => range(b, reverse, n)),
  fc.constant(checkHeld),
];
const nested = fc
  .tuple(fc.array(fc.oneof(...simple), { maxLength: 8 }), fc.boolean())
  .map(([commands, undo]) => write(commands, undo));
const commands = [...simple, nested, fc.constant(begin), fc.nat(5).map(end), fc.constant(clear)];

test('does what an ordered set of pairs does, through undone transactions and snapshots that are kept', {
  timeout: 120_000,
}, () => {
  const env = openTemporary({ mapSize: 2 ** 28 });
  const items = env.collection('items', { key: bytes, value: bytes, dupSort: true });
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 40, size: 'max' }), (all) => {
      items.clear();
      const real: Real = { env, items, held: [] };
      const state: State = { layers: [new Pairs()], snapshots: [] };
      try {
        fc.modelRun(() => ({ model: state, real }), all);
      } finally {
        for (const { txn } of state.snapshots) txn.end();
      }
      env.resize();
      for (const { value: kept, text: expected } of real.held) strictEqual(text(kept), expected);
    }),
    { numRuns: 400 },
  );
});
