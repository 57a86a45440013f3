/** The classes that `USE_STORE` needs. */
const CLASSES = `
const { openStore, persistent, PersistentMap, PersistentList, Counter, ref, t: types } = await load('objects');
const Frob = persistent('patched.Frob', { foo: types.i32, tags: types.json, next: ref().optional() })(class {});
`;

/** A proxy on a socket that can cut what it connects. */
const proxyOf = (from: string, to: string): string => `
const { createServer, connect: connectSocket } = await import('node:net');
const sockets = [];
const proxy = createServer((from) => {
  const to = connectSocket({ path: ${to} });
  sockets[sockets.length] = from;
  from.on('error', () => {});
  to.on('error', () => {});
  from.pipe(to);
  to.pipe(from);
  from.on('close', () => to.destroy());
  to.on('close', () => from.destroy());
});
await new Promise((resolve) => proxy.listen(${from}, resolve));
const cut = () => { for (let i = 0; i < sockets.length; i++) sockets[i].destroy(); };
`;

/** What is done with a `store` that has the collections 'items' and 'large'. */
const USE_STORE = `
  store.on('state', () => {});
  const c = store.collection('items');
  await c.get('k1');
  await c.getMany(['k1', 'none', 'k2']);
  for await (const entry of c.range({ gte: 'k2', limit: 20 })) void entry.value;
  await c.range({ prefix: 'k1' });
  await c.scan({ prefix: 'k1' }, ({ key, value, version }) => version > 0 && value !== key);
  await c.get('k1');
  await c.getMany(['k2', 'k1']);
  await c.count();
  const watch = c.watch();
  const told = watch.next();
  await c.put('w', 1);
  await told;
  await watch.return();
  const large = await store.collection('large').get('l');
  if (large.toBuffer().length !== 300_000) throw new Error('wrong large value');
  const view = await store.snapshot({ sync: true });
  await view.collection('items').get('k3');
  await store.transact(async (txn) => {
    const own = txn.collection('items');
    const before = (await own.get('n')) ?? 0;
    await own.put('n', before + 1);
    for await (const entry of own.range({ prefix: 'k2' })) void entry.key;
  });
  view.close();
  await store.pipeline((p) => ({ a: p.get(c, 'k1') }));
  await store.batch([{ type: 'put', collection: c, key: 'b', value: 1 }]);
  let refused;
  try { await store.collection('none').get('x'); } catch (error) { refused = error.code; }
  if (refused !== 'ERR_NO_COLLECTION') throw new Error('not refused: ' + refused);
  const objects = await openStore(store, { classes: [Frob] });
  await objects.transact((txn) => {
    const first = new Frob({ foo: 1, tags: [1] });
    txn.root.x = new Frob({ foo: 2, tags: [], next: first });
    txn.root.map = new PersistentMap([['a', first], ['b', first]]);
    txn.root.list = new PersistentList([1, 2]);
    txn.root.count = new Counter();
  });
  await objects.transact((txn) => { txn.root.count.add(2); txn.root.x.next.foo += 1; txn.root.list.push(3); });
  const sum = await objects.read(({ root }) => { let n = root.x.next.foo; for (const [, each] of root.map) n += each.foo; return n + root.list.length; });
  if (sum !== 9) throw new Error('wrong sum ' + sum);
  await objects.load(await objects.read(({ root }) => root.x), { next: true });
  const snapshot = await objects.snapshot();
  await snapshot.load(snapshot.root, { map: true });
  snapshot.end();
  const waiting = c.getMany(['k5', 'k6', 'k7']);
  cut();
  await waiting;
  await c.put('after', 1);
  objects.close();
  await store.close();
`;

/**
 * The code of a program that does with a server and its clients what programs do: with views, transactions, ranges, watches, pipelines, large values, a cache, persistent
 * objects, and a connection that is lost. It calls `patch` when all is loaded, before anything is used, and `load` for what an
 * entry point of the library exports. Its arguments: `path` and `cache`, folders.
 */
export const EVERYDAY: string = `
const { serve } = await load('server');
const { connect } = await load('client');
${CLASSES}
${proxyOf("args.path + '/proxy'", "args.path + '/socket'")}
const env = open(args.path, { durability: 'nosync' });
patch();
const items = env.collection('items', { key: utf8, value: json, versions: true });
env.write(() => { for (let i = 0; i < 300; i++) items.put('k' + i, { i }); });
env.collection('large', { key: utf8, value: bytes, versions: true }).put('l', Buffer.alloc(300_000, 7));
const server = await serve(env, { listen: 'unix:' + args.path + '/socket' });
for (const options of [{}, { cache: args.cache }, { cache: 'checkpoints:' + args.cache + '/shared' }, { prefetch: true }]) {
  const store = await connect('unix:' + args.path + '/proxy', options);
  ${USE_STORE}
}
await server.close();
proxy.close();
env.close();
`;

/**
 * The same with a store in PostgreSQL, which is there and has both collections. Its arguments: `path` and `cache`; `socket`, that of the server; `address`, which leads to the
 * socket '.s.PGSQL.5432' in `path`; perhaps `timeout`.
 */
export const EVERYDAY_ON_POSTGRES: string = `
const { connect } = await load('client');
${CLASSES}
${proxyOf("args.path + '/.s.PGSQL.5432'", 'args.socket')}
// Loads the package 'pg'.
await (await connect(args.address)).close();
patch();
for (const options of [{}, { cache: args.cache }, { cache: 'checkpoints:' + args.cache + '/shared' }, { replicas: [args.address], flush: 'shared' }]) {
  const store = await connect(args.address, { ...(args.timeout && { timeout: args.timeout }), ...options });
  ${USE_STORE}
}
proxy.close();
`;
