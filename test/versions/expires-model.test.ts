// Random changes of collections whose values expire, compared with a model after each step. The test shifts the clock.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Collection, type Environment, utf8 } from '../../lib/index.ts';
import { pass, shiftedNow } from '../support/clock.ts';
import { indexed } from '../support/expiry-index.ts';
import { openTemporary } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';

const MINUTE = 60_000;
const NEVER = Number.POSITIVE_INFINITY;
const TTL = 3.5 * MINUTE;
/** Keys that share their first 503 bytes share an entry of the index. */
const SHORT = ['a', 'b', 'c', 'd', 'e', ...['', '1', '12', '123', '1234', '2'].map((end) => 'k'.repeat(501) + end)];

/** With keys: 'any'. */
const LONG = ['', 'c', ...SHORT.slice(5), ...['1', '12', '2'].map((end) => 'k'.repeat(600) + end)];

type Items = Collection<string, string>;

interface Step {
  readonly type: string;
  readonly key: string;
  readonly other: string;
  /** In minutes. */
  readonly time: number;
  readonly limit: number;
  readonly reverse: boolean;
}

const stepsWith = (keys: readonly string[]) =>
  fc.array(
    fc.record<Step>({
      type: fc.constantFrom(
        ...['put', 'putUntil', 'putUntil', 'putNew', 'update', 'del', 'del', 'batch', 'clear', 'clearAll', 'rollback'],
        ...['pass', 'pass', 'pass', 'sweep', 'sweepAll'],
      ),
      key: fc.constantFrom(...keys),
      other: fc.constantFrom(...keys),
      time: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -2, max: 8 }) }, fc.constant(NEVER)),
      limit: fc.integer({ min: 1, max: 4 }),
      reverse: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  );

/** A time in the middle of a minute, so that the time that the test itself takes changes no comparison. */
const timeIn = (minutes: number): number => (minutes === NEVER ? NEVER : shiftedNow() + (minutes - 0.5) * MINUTE);

class Model {
  readonly #records = new Map<string, { value: string; until: number }>();

  alive(key: string): boolean {
    return (this.#records.get(key)?.until ?? 0) > shiftedNow();
  }

  put(key: string, value: string, until: number): void {
    this.#records.set(key, { value, until });
  }

  update(key: string, value: string): void {
    const until = this.alive(key) ? (this.#records.get(key)?.until as number) : shiftedNow() + TTL;
    this.#records.set(key, { value, until });
  }

  del(key: string): boolean {
    return this.alive(key) && this.#records.delete(key);
  }

  entries(): { key: string; value: string; until: number }[] {
    const alive = [...this.#records].filter(([key]) => this.alive(key)).map(([key, record]) => ({ key, ...record }));
    return alive.sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

async function apply(env: Environment, items: Items, model: Model, step: Step, value: string): Promise<void> {
  const { type, key, other, time, limit, reverse } = step;
  const until = timeIn(time);
  switch (type) {
    case 'put':
      items.put(key, value);
      return model.put(key, value, shiftedNow() + TTL);
    case 'putUntil':
      items.putUntil(key, value, until);
      return model.put(key, value, until);
    case 'putNew': {
      const absent = !model.alive(key);
      expect(items.putNew(key, value)).toBe(absent);
      return absent ? model.put(key, value, shiftedNow() + TTL) : undefined;
    }
    case 'update':
      items.update(key, () => value);
      return model.update(key, value);
    case 'del':
      expect(items.del(key)).toBe(model.del(key));
      return;
    case 'batch':
      await env.batch([
        { type: 'put', collection: items, key, value, expires: until },
        { type: 'del', collection: items, key: other },
        { type: 'put', collection: items, key: other, value, ttl: 2.5 * MINUTE },
      ]);
      model.put(key, value, until);
      return model.put(other, value, shiftedNow() + 2.5 * MINUTE);
    case 'clear': {
      const inRange = model.entries().filter((entry) => entry.key >= key);
      const cleared = (reverse ? inRange.reverse() : inRange).slice(0, limit);
      expect(items.clear({ gte: key, limit, reverse })).toBe(cleared.length);
      for (const entry of cleared) model.del(entry.key);
      return;
    }
    case 'clearAll': {
      const entries = model.entries();
      expect(items.clear()).toBe(entries.length);
      for (const entry of entries) model.del(entry.key);
      return;
    }
    case 'rollback':
      try {
        env.write(() => {
          items.putUntil(key, value, until);
          items.del(other);
          env.write(() => items.clear({ gte: other }));
          throw new Error('rolled back');
        });
      } catch {}
      return;
    case 'pass':
      return pass(limit * MINUTE);
    default:
      await env.sweep(type === 'sweep' ? { limit } : {});
  }
}

function compare(items: Items, model: Model, { key, limit }: Step): void {
  const shown = ({ key: entryKey, value }: { key: unknown; value: unknown }): string => `${entryKey} ${value}`;
  const expected = model.entries();
  expect([...items.range()].map(shown)).toEqual(expected.map(shown));
  expect(items.count()).toBe(expected.length);
  const below = expected.filter((entry) => entry.key < key).reverse();
  expect([...items.range({ lt: key, reverse: true, limit })].map(shown)).toEqual(below.slice(0, limit).map(shown));
  expect([...items.range({ offset: limit })].map(shown)).toEqual(expected.slice(limit).map(shown));
  expect(items.count({ lt: key })).toBe(below.length);
  expect(items.has(key)).toBe(model.alive(key));
}

test.each([
  [{}, SHORT],
  [{ versions: true }, SHORT],
  [{ versions: true, keys: 'any' }, LONG],
] as const)('with %o, each step gives what the model gives, and nothing is left in the end', async (options, keys) => {
  await fc.assert(
    fc.asyncProperty(stepsWith(keys), async (sequence) => {
      const env = openTemporary({ sweep: false });
      const items: Items = env.collection('items', { key: utf8, value: utf8, ...options, expires: { ttl: TTL } });
      const model = new Model();
      for (const [i, step] of sequence.entries()) {
        await apply(env, items, model, step, `value ${i}`);
        compare(items, model, step);
      }
      const staying = model.entries().filter(({ until }) => until === NEVER).length;
      // Shift in steps, since one shift is at most 24 days.
      pass(20 * MINUTE);
      await env.sweep();
      expect(items.stat().entries).toBe(staying);
      expect(indexed(env.path, 'items')).toBe(0);
      env.close();
    }),
    { numRuns: runs(15, 10_000) },
  );
});
