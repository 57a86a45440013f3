// The same as stores.mjs, over a server and its clients: stores with and without a cache, their views, transactions, ranges and watches.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { leasehold, library, nextTurn, temporaryFolder } from '../../buffers/suite/world.mjs';
import { walkCases } from './walk-cases.mjs';

const { json, open, utf8 } = leasehold;
const load = (file) => import(pathToFileURL(join(library, 'dist', file)).href);
const { connect } = await load('client/index.js');
const { serve } = await load('server/index.js');

/** What the library has handed to code of the program. */
const given = [];
const take = (...args) => {
  given.push(...args);
};

const WRONG = [undefined, null, Number.NaN, -1, 2 ** 53, 1n << 70n, Symbol('s'), () => {}, {}, [], new Proxy({}, {})];

/** Calls the functions of an object's class, which the walk does not. */
function callStatics(object) {
  const own = object.constructor;
  for (const name of Object.getOwnPropertyNames(own)) {
    if (typeof own[name] !== 'function') continue;
    try {
      given.push(own[name](object, object));
    } catch (error) {
      given.push(error);
    }
  }
}

/** One object of each kind that a program can hold of a store. */
async function holdStore(held, where, store, errors) {
  const attempt = async (fn) => {
    try {
      return await fn();
    } catch (error) {
      errors.push(error);
      return error;
    }
  };
  const items = store.collection('items', { key: utf8, value: json });
  const view = await store.snapshot();
  const reads = async (name, collection) => {
    const put = (what, value) => {
      held[`${where} ${name} ${what}`] = value;
    };
    put('collection', collection);
    put('get', await collection.get('k1'));
    put('promise', collection.get('k2'));
    put('many', await collection.getMany(['k1', 'none']));
    put('range', collection.range());
    const begun = collection.range({ gte: 'k1', limit: 3 });
    put('begun', begun);
    put('item', await begun.next());
    await collection.scan({ limit: 2 }, take);
    for (const method of ['get', 'getMany', 'has', 'range', 'scan', 'count', 'put', 'del', 'putIf']) {
      for (const wrong of WRONG) {
        const result = await attempt(() => collection[method]?.(wrong, wrong));
        await attempt(() => result?.next?.());
        await attempt(() => result?.return?.());
      }
    }
  };
  Object.assign(held, { [`${where} store`]: store, [`${where} view`]: view, [`${where} counters`]: store.counters() });
  store.on('state', function (state) {
    given.push(this, state);
  });
  await reads('newest', items);
  await reads('view', view.collection('items'));
  await attempt(() =>
    store.transact(async (txn) => {
      given.push(txn);
      callStatics(txn);
      await reads('transaction', txn.collection('items'));
      await txn.collection('items').put('mine', 1);
    }),
  );
  await attempt(() => store.transact(take));
  await attempt(() => store.batch([{ type: 'put', collection: 'items', key: 'b', value: 1, ifVersion: 99 }]));
  const watch = items.watch();
  const told = watch.next();
  await items.put('k1', 'changed');
  held[`${where} watch`] = watch;
  for (const object of Object.values(held)) if (typeof object === 'object' && object !== null) callStatics(object);
  given.push(await told);
  return view;
}

async function liveThrough(look) {
  const folder = temporaryFolder();
  const env = open(folder, { durability: 'nosync' });
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  for (let i = 0; i < 20; i++) items.put(`k${i}`, { i, text: 'x'.repeat(i) });
  const token = 'secret of the suite';
  const listen = `unix:${join(folder, 'socket')}`;
  const server = await serve(env, {
    listen,
    onError: take,
    tokens: [{ token, grants: [{ collection: '*', read: true, write: true }] }],
  });
  const cache = temporaryFolder();
  const stores = [await connect(listen, { token }), await connect(listen, { token, cache })];
  const errors = [await connect(listen, { token: 'wrong' }).catch((error) => error)];
  const held = { server, counters: server.counters(), metrics: server.metrics(), addresses: server.addresses, errors };
  const views = [];
  for (const [n, store] of stores.entries()) views.push(await holdStore(held, `store ${n}`, store, errors));
  look(held, 'open', errors);
  for (const view of views) view.close();
  look(held, 'ended', errors);
  for (const store of stores) await store.close();
  await server.close();
  await nextTurn();
  look(held, 'closed', errors);
  env.close();
}

// The walk calls async functions, and does not wait for the promises.
process.on('unhandledRejection', take);
process.on('uncaughtException', take);

const cases = walkCases('a server and its clients', given, 300, liveThrough);

export { cases };
