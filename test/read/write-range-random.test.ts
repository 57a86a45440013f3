import { describe, expect, test } from 'vitest';
import { bytes, type Value } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { random } from '../support/sinks.ts';

type Pair = readonly [key: Buffer, value: Buffer];

/** The model of the collection: a plain list of pairs in order. */
class Model {
  pairs: Pair[] = [];
  readonly dupSort: boolean;

  constructor(dupSort: boolean) {
    this.dupSort = dupSort;
  }

  order([key, value]: Pair, [otherKey, otherValue]: Pair): number {
    return key.compare(otherKey) || (this.dupSort ? value.compare(otherValue) : 0);
  }

  put(pair: Pair): void {
    this.pairs = [...this.pairs.filter((other) => this.order(pair, other) !== 0), pair].sort((a, b) =>
      this.order(a, b),
    );
  }

  del(key: Buffer): void {
    this.pairs = this.pairs.filter(([other]) => !other.equals(key));
  }

  /** The pair between the bounds that comes after `last`. Without `last`, the first pair. */
  next(last: Pair | undefined, reverse: boolean, gte: Buffer, lt: Buffer): Pair | undefined {
    const within = this.pairs.filter(([key]) => key.compare(gte) >= 0 && key.compare(lt) < 0);
    if (reverse) within.reverse();
    return within.find((pair) => last === undefined || (reverse ? -1 : 1) * this.order(pair, last) > 0);
  }
}

const text = (pair: { key: Value; value: Value } | Pair | undefined): string | undefined => {
  if (pair === undefined) return undefined;
  const [key, value] = 'key' in pair ? [pair.key.toBuffer(), pair.value.toBuffer()] : pair;
  return `${key.toString('latin1')}=${value.length}:${value.subarray(0, 8).toString('latin1')}`;
};

function walk(seed: number): void {
  const below = random(seed);
  const dupSort = below(3) === 0;
  const reverse = below(2) === 0;
  const key = (): Buffer => Buffer.from(`k${String(below(400)).padStart(3, '0')}`);
  const value = (): Buffer => {
    const length = dupSort ? 1 + below(40) : [below(40), below(300), 4000 + below(300), 8000 + below(2000)][below(4)];
    return Buffer.alloc(length as number, String(below(1000)));
  };
  const { env, items } = collectionOf({ key: bytes, value: bytes, dupSort });
  const model = new Model(dupSort);
  const put = (): void => {
    const pair: Pair = [key(), value()];
    items.put(...pair);
    model.put(pair);
  };
  const change = (): void => {
    const what = below(40);
    const before = model.pairs;
    if (what < 6) put();
    else if (what < 9 && model.pairs.length > 0) {
      const [found] = model.pairs[below(model.pairs.length)] as Pair;
      items.del(found);
      model.del(found);
    } else if (what === 9) {
      // A nested transaction changes entries that may have been read ahead, and is then rolled back.
      try {
        env.write(() => {
          for (let i = 0; i < 20; i++) put();
          throw new Error('undo');
        });
      } catch {}
      model.pairs = before;
    } else if (what === 10) {
      env.write(() => put());
    } else if (what === 11 && below(10) === 0) {
      items.clear();
      model.pairs = [];
    }
  };
  env.write(() => {
    for (let i = below(300); i > 0; i--) put();
  });
  const [gte, lt] = below(2) === 0 ? [Buffer.of(0), Buffer.of(255)] : [key(), key()].sort((a, b) => a.compare(b));
  const limit = below(4) === 0 ? below(50) : 1000;
  const kept: { pair: { key: Value; value: Value }; shown: string | undefined }[] = [];
  env.write(() => {
    let last: Pair | undefined;
    const iterator = items.range({ gte: gte as Buffer, lt: lt as Buffer, reverse, limit })[Symbol.iterator]();
    for (let step = 0; ; step++) {
      const expected = step < limit ? model.next(last, reverse, gte as Buffer, lt as Buffer) : undefined;
      const { value: found } = iterator.next();
      expect(text(found), `seed ${seed}, step ${step}`).toBe(text(expected));
      if (expected === undefined || found === undefined) break;
      last = expected;
      kept.push({ pair: { key: found.key, value: found.value }, shown: text(expected) });
      if (below(3) === 0) change();
    }
  });
  for (const { pair, shown } of kept) expect(text(pair), `seed ${seed}, kept`).toBe(shown);
  env.close();
}

describe('a range in a write transaction that changes things now and then', () => {
  test('shows at each step what stands behind the last one then, and what it showed stays', () => {
    for (let seed = 1; seed <= 60; seed++) walk(seed);
  });
});
