import { describe, expect } from 'vitest';
import type { ReadTransaction } from '../../lib/index.ts';
import { codeOf, collect, until } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';
import {
  type Held,
  hold,
  makeWorld,
  Places,
  portraits,
  readersOf,
  reopen,
  rewriteAll,
  rewriteSome,
  sinkFor,
  type World,
} from './world.ts';

// Most of the time would go into the stacks of errors that nobody sees.
Error.stackTraceLimit = 0;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Opens a transaction for `fn` in a frame of its own, so that nothing refers to the transaction afterwards. */
function forgetting(world: World, fn: (txn: ReadTransaction) => void): void {
  fn(world.env.read());
}

interface End {
  /** Calls `fn`, which holds sinks, ends the transaction, and then rewrites everything. Gives the world as it is then. */
  run(world: World, fn: (txn: ReadTransaction) => void): Promise<World> | World;
}

const ends: Record<string, End> = {
  'end(), and await drained': {
    async run(world, fn) {
      const txn = world.env.read();
      fn(txn);
      txn.end();
      expect(txn.state).not.toBe('open');
      await txn.drained;
      expect(txn.state).toBe('ended');
      rewriteAll(world);
      return world;
    },
  },
  // Only the drains that newer snapshots force move anything, because the event loop gets no turn.
  'end(), and newer snapshots in the same job': {
    run(world, fn) {
      const txn = world.env.read();
      fn(txn);
      txn.end();
      const others: unknown[] = [];
      rewriteAll(world, (commit) => {
        using later = world.env.read();
        if (commit % 50 === 0) others.push(world.blobs.get(100, later));
        else world.blobs.get(100, later);
      });
      expect(txn.state).toBe('ended');
      return world;
    },
  },
  // Nobody waits for the drain: its slices run between commits, once their time has come.
  'using, and commits while it drains': {
    async run(world, fn) {
      const ended = ((): ReadTransaction => {
        using txn = world.env.read();
        fn(txn);
        return txn;
      })();
      for (let commit = 0; ended.state !== 'ended'; commit++) {
        rewriteSome(world, commit);
        await turn();
      }
      rewriteAll(world);
      return world;
    },
  },
  'commits through another handle': {
    async run(world, fn) {
      const other = reopen(world.env.path);
      const txn = world.env.read();
      fn(txn);
      rewriteSome(other, 1);
      txn.commit();
      rewriteSome(other, 2);
      await txn.drained;
      rewriteAll(other);
      other.env.close();
      return world;
    },
  },
  'env.read(fn)': {
    async run(world, fn) {
      let drained = Promise.resolve();
      world.env.read((txn) => {
        fn(txn);
        drained = txn.drained;
      });
      await drained;
      rewriteAll(world);
      return world;
    },
  },
  'a forgotten transaction': {
    async run(world, fn) {
      const codes: unknown[] = [];
      const listen = (warning: Error & { code?: string }): void => {
        codes.push(warning.code);
      };
      process.on('warning', listen);
      forgetting(world, fn);
      await until(() => codes.length > 0 && world.env.counters().snapshots === 0, 'the end of a forgotten transaction');
      process.off('warning', listen);
      expect(codes).toEqual(['LEASEHOLD_TXN_LEAK']);
      rewriteAll(world);
      return world;
    },
  },
  'env.close()': {
    run(world, fn) {
      const txn = world.env.read();
      fn(txn);
      const { path } = world.env;
      world.env.close();
      expect(txn.state).toBe('ended');
      const later = reopen(path);
      rewriteAll(later);
      return later;
    },
  },
  'close() while it drains': {
    run(world, fn) {
      world.env.read(fn);
      const { path } = world.env;
      world.env.close();
      const later = reopen(path);
      rewriteAll(later);
      return later;
    },
  },
  'resize() while it drains': {
    run(world, fn) {
      world.env.read(fn);
      world.env.resize(2 ** 31);
      rewriteAll(world);
      return world;
    },
  },
};

/** Holds sinks of a world, and gives them with what they showed when they were lent. */
function look(world: World, txn: ReadTransaction): { lent: Held[]; kept: Held[]; before: unknown[]; places: Places } {
  const { lent, kept } = hold(world, txn);
  const states = new Set(lent.map((held) => sinkFor(held).state));
  expect(states).toEqual(new Set(['shared']));
  const places = new Places(
    world.env.path,
    lent.filter((_, i) => i % 7 === 0),
  );
  expect(places.count).toBeGreaterThan(40);
  return { lent, kept, before: portraits([...lent, ...kept]), places };
}

describe.each(Object.entries(ends))('after %s', (_, { run }) => {
  test('and hundreds of commits, all that was held is what it was (copy)', async () => {
    const world = makeWorld();
    let seen: ReturnType<typeof look> | undefined;
    const later = await run(world, (txn) => {
      seen = look(world, txn);
    });
    const { lent, kept, before, places } = seen as ReturnType<typeof look>;
    // Otherwise the test proves nothing: the places where the sinks' bytes lay must hold other bytes by now.
    expect(places.changed()).toBe(places.count);
    expect(portraits([...lent, ...kept])).toEqual(before);
    expect(new Set(lent.map((held) => sinkFor(held).state))).toEqual(new Set(['copied']));
    later.env.close();
  });

  test('every access to what was held throws (invalidate)', async () => {
    const world = makeWorld({ onEnd: 'invalidate' });
    let seen: ReturnType<typeof look> | undefined;
    const later = await run(world, (txn) => {
      seen = look(world, txn);
    });
    const { lent, kept, before, places } = seen as ReturnType<typeof look>;
    expect(places.changed()).toBe(places.count);
    const readable = lent.flatMap((held) =>
      readersOf(held)
        .map(([name, read]) => [name, codeOf(read)])
        .filter(([, code]) => code !== 'ERR_LEASE_EXPIRED'),
    );
    expect(readable).toEqual([]);
    expect(new Set(lent.map((held) => sinkFor(held).state))).toEqual(new Set(['expired']));
    expect(portraits(kept).map(withoutOrder)).toEqual(before.slice(lent.length).map(withoutOrder));
    later.env.close();
  });
});

/** Leaves out the comparison with the one before, which says nothing once that one has expired. */
function withoutOrder(portrait: unknown): unknown {
  return { ...(portrait as object), order: 0, equal: false };
}

test('a snapshot that is open keeps what it lent as it is, and where it is', async () => {
  const world = makeWorld();
  using txn = world.env.read();
  const { lent, before, kept } = look(world, txn);
  rewriteAll(world);
  await collect();
  expect(portraits([...lent, ...kept])).toEqual(before);
  expect(new Set(lent.map((held) => sinkFor(held).state))).toEqual(new Set(['shared']));
});
