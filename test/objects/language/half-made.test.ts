import { expect, test } from 'vitest';
import { openStore, persistent, t } from '../../../lib/objects/index.ts';
import { codeOf, temporaryFolder } from '../../support/fixture.ts';

let leaked: object | undefined;
const Leaky = persistent('half.Leaky', { a: t.optional(t.i32), b: t.optional(t.i32) })(
  class Leaky {
    readonly itself: boolean = this.leak();
    leak(): boolean {
      leaked = this;
      return true;
    }
  },
);

test('an object that its initialiser has given away cannot be stored before it has its fields', () => {
  const store = openStore(temporaryFolder(), { durability: 'nosync' });
  const { root } = store;
  let code: string | undefined;
  const made = new Leaky({
    a: 1,
    get b() {
      code = codeOf(() => {
        root.half = leaked;
      });
      return 2;
    },
  });
  expect([code, 'half' in root, leaked === made]).toEqual(['ERR_NOT_PERSISTENT', false, true]);
  root.whole = leaked;
  expect([root.whole === made, root.whole.a, root.whole.b]).toEqual([true, 1, 2]);
  store.close();
});
