import type { Watch } from '../../../lib/objects/index.ts';
import { same } from '../model/world.ts';
import { shadowText } from './contents.ts';
import { type Doc, ROOT, type State } from './shadow.ts';
import type { Side } from './side.ts';

/** What a commit must tell. Where it has changed something and changed it back, it may tell that, or not. */
interface Expected {
  readonly tid: number;
  /** The texts of the keys that have another value, and of all that were touched. */
  readonly changed: readonly string[];
  readonly touched: readonly string[];
}

/** A program that watches the root, and what it must be told: each commit that changes it once, in order, and no other. */
export class Watching {
  readonly #watch: Watch<object, unknown>;
  readonly #side: Side;
  readonly #expected: Expected[] = [];

  constructor(side: Side) {
    this.#side = side;
    this.#watch = side.actor.store.watch(side.actor.store.root);
  }

  /** The commit with a number has made `doc` of `before`. */
  committed(tid: number, before: State, doc: Doc): void {
    const touched = [...(doc.touched.get(ROOT) ?? [])];
    const [then, now] = [before.get(ROOT), doc.get(ROOT)];
    const changed = touched.filter((key) => shadowText(then?.entries.get(key)) !== shadowText(now.entries.get(key)));
    if (touched.length > 0) this.#expected.push({ tid, changed: changed.sort(), touched });
  }

  /** Takes what it is told, up to the last commit that must have told something. */
  async check(): Promise<void> {
    const last = this.#expected.findLastIndex(({ changed }) => changed.length > 0);
    for (let i = 0; i <= last; ) {
      const { value } = await this.#watch.next();
      // Those before it need not tell.
      while ((this.#expected[i] as Expected).tid < (value?.tid as number)) {
        const { tid, changed } = this.#expected[i] as Expected;
        same(changed, [], `what commit ${tid} has changed in the root, and the watch does not tell`);
        i++;
      }
      const { tid, changed, touched } = this.#expected[i] as Expected;
      // Any of them, after clear() of some collection in that commit.
      const keys = value?.keys === undefined ? touched : value.keys.map(shadowText);
      same([value?.tid, value?.object === this.#side.actor.store.root], [tid, true], 'what the watch tells next');
      same(
        changed.filter((key) => !keys.includes(key)),
        [],
        `the names that commit ${tid} has changed, and the watch does not tell`,
      );
      same(
        keys.filter((key) => !touched.includes(key)),
        [],
        `the names that the watch tells of commit ${tid}, which has not changed them`,
      );
      i++;
    }
    this.#expected.splice(0, last + 1);
  }

  end(): void {
    this.#watch[Symbol.dispose]();
  }
}
