import { join } from 'node:path';
import { connect, type Store } from '../../../lib/client/index.ts';
import { open } from '../../../lib/index.ts';
import {
  Counter,
  openStore,
  PersistentList,
  PersistentMap,
  persistent,
  type RemoteStore,
  ref,
  t,
} from '../../../lib/objects/index.ts';
import { RemoteStore as OpenedStore } from '../../../lib/objects/wire/remote-store.ts';
import { type Server, serve } from '../../../lib/server/index.ts';
import type { Engine } from '../../../lib/versions/engine/engine.ts';
import { type ObjectSource, objectSourceOf } from '../../../lib/versions/engine/object-source.ts';
import { newStore } from '../../postgres/store.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { hasPostgres } from '../../support/postgres.ts';

// biome-ignore lint/suspicious/noExplicitAny: the types of classes are tested elsewhere.
export type Any = any;

export const Product: Any = persistent('wire.Product', { name: t.utf8, price: t.u32 })(class {});
export const Line: Any = persistent('wire.Line', { product: ref(() => Product), count: t.u32 })(
  (Base) =>
    class extends Base {
      get total(): number {
        const { product, count } = this as Any;
        return count * product.price;
      }
    },
);
export const Order: Any = persistent('wire.Order', {
  lines: ref(() => PersistentMap),
  tags: t.json().optional(),
  next: ref(() => Order).optional(),
})(class {});

export { Counter, PersistentList, PersistentMap };

/** A place where a store is. */
export interface Place {
  readonly folder: string;
  connect(): Promise<Store>;
  close(): Promise<void>;
}

async function served(options: () => object = () => ({})): Promise<Place> {
  const folder = temporaryFolder();
  const env = open(folder, { durability: 'nosync' });
  const server: Server = await serve(env, { listen: `unix:${join(folder, 'socket')}` });
  const address = server.addresses[0] as string;
  return {
    folder,
    connect: () => connect(address, options()),
    close: async () => {
      await server.close();
      env.close();
    },
  };
}

export const PLACES: readonly (readonly [name: string, make: () => Promise<Place>])[] = [
  [
    'a folder',
    async () => {
      const folder = temporaryFolder();
      return { folder, connect: () => connect(`file:${folder}`), close: async () => {} };
    },
  ],
  ['a server', () => served()],
  ['a server with a cache', () => served(() => ({ cache: temporaryFolder() }))],
  ...(hasPostgres
    ? [
        [
          'PostgreSQL with a cache',
          async () => {
            const address = await newStore();
            const folder = temporaryFolder();
            return { folder, connect: () => connect(address, { cache: folder }), close: async () => {} };
          },
        ] as const,
      ]
    : []),
];

export const server: () => Promise<Place> = () => served();

/** What was asked of an engine. */
export interface Asked {
  follows: number;
  loads: number;
  ranges: number;
  commits: number;
}

/** A store of objects that counts what it asks. `follows`: whether the server can follow hints. */
export async function countingStore(store: Store, follows = false): Promise<{ objects: RemoteStore; asked: Asked }> {
  const source = objectSourceOf(store) as ObjectSource;
  const asked: Asked = { loads: 0, ranges: 0, commits: 0, follows: 0 };
  const { engine } = source;
  const counting: Engine = {
    storeId: engine.storeId,
    features: engine.features,
    processed: () => engine.processed(),
    load: (keys, at, take) => {
      asked.loads++;
      return engine.load(keys, at, take);
    },
    range: (...given) => {
      asked.ranges++;
      return engine.range(...given);
    },
    ...(follows && {
      follow: (request, taker) => {
        asked.follows++;
        return engine.follow?.(request, taker) as Promise<void>;
      },
    }),
    hold: (at) => engine.hold(at),
    changes: (after) => engine.changes(after),
    onChange: (fn) => engine.onChange(fn),
    onGap: (fn) => engine.onGap(fn),
    onEnd: (fn) => engine.onEnd(fn),
    commit: (request) => {
      asked.commits++;
      return engine.commit(request);
    },
    claimIds: (count) => engine.claimIds(count),
    close: () => engine.close(),
  };
  const objects = await OpenedStore.open(
    {
      engine: counting,
      objectClasses: () => source.objectClasses(),
      addObjectClass: (row) => source.addObjectClass(row),
    },
    200_000,
    [Product, Line, Order],
  );
  asked.loads = 0;
  return { objects, asked };
}

export { openStore };
