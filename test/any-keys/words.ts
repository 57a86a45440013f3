// Keys of any length around the limits of how they are stored.
import { type Collection, type Environment, utf8 } from '../../lib/index.ts';
import type { Below, Pair, Word, World } from '../read/range-world.ts';
import { comparePairs } from '../read/range-world.ts';

/** A world that gets more keys deletes some, because a search in the sorted array takes long. */
const MOST_KEYS = 1200;

const FILLS = ['\0', 'a', 'm', '~'];
const TAILS = ['\0', 'a', 'm', '~'];

/** One character, repeated to a length near a limit, then a few other characters: many words share their first bytes. */
export function randomWord(below: Below): string {
  const fill = FILLS[below(FILLS.length)] as string;
  const kind = below(10);
  const length =
    kind < 2 ? below(4) : kind < 6 ? 500 + below(6) : kind < 9 ? 492 + below(24) : [700, 1500, 10_000][below(3)];
  let word = fill.repeat(length as number);
  for (let left = below(5); left > 0; left--) word += TAILS[below(TAILS.length)];
  return word;
}

export function randomPrefix(below: Below): string {
  const word = randomWord(below);
  return below(2) === 0 ? word : word.slice(0, 1 + below(600));
}

/** A world of keys of any length, after random puts and deletions. */
export function anyWorld(env: Environment, below: Below, name: string, versions: boolean, count: number): AnyWorld {
  const items = env.collection(name, { key: utf8, value: utf8, keys: 'any', versions });
  const world = new AnyWorld(items as unknown as Collection<Word, Word>);
  env.write(() => {
    for (let i = 0; i < count; i++) world.change(below);
  });
  return world;
}

export class AnyWorld implements World {
  readonly dupSort = false;
  readonly #all = new Map<Word, Pair>();
  pairs: Pair[] = [];
  items: Collection<Word, Word>;

  constructor(items: Collection<Word, Word>) {
    this.items = items;
  }

  key(below: Below): string {
    return randomWord(below);
  }

  value(below: Below): string {
    return 'v'.repeat(below(10) === 0 ? below(6000) : below(20)) + below(1000);
  }

  prefix(below: Below): string {
    return randomPrefix(below);
  }

  /** One random change: mostly a put. */
  change(below: Below): void {
    const isFull = this.#all.size > MOST_KEYS;
    const key = isFull ? String([...this.#all.keys()][below(this.#all.size)]) : this.key(below);
    const kind = isFull ? 0 : below(10);
    if (kind < 2) {
      if (this.items.del(key) !== this.#all.delete(key)) throw new Error(`del of ${describeWord(key)}`);
    } else {
      const value = this.value(below);
      if (kind === 2) {
        if (this.items.putNew(key, value) === this.#all.has(key)) throw new Error(`putNew of ${describeWord(key)}`);
        if (!this.#all.has(key)) this.#all.set(key, [key, value]);
      } else {
        this.items.put(key, value);
        this.#all.set(key, [key, value]);
      }
    }
    this.pairs = [];
  }

  /** Deletes the keys of a range. */
  clear(keys: readonly Word[]): void {
    for (const key of keys) this.#all.delete(key);
  }

  sort(): this {
    this.pairs = [...this.#all.values()].sort(comparePairs);
    return this;
  }

  valueOf(key: string): Word | undefined {
    return this.#all.get(key)?.[1];
  }
}

/** A word for messages. */
export function describeWord(word: string): string {
  return JSON.stringify(
    word.replace(/(.)\1{9,}/gs, (run, char: string) => `<${JSON.stringify(char)} x ${run.length}>`),
  );
}
