import { workerProgram } from './program.ts';

/**
 * Calls every function of the addon with random arguments of every type: handles that are right, stale, invented, of
 * another environment and of another thread. The memory that leases read through is kept alive, as the library does. With
 * any other arguments, a call may return, or throw an Error with a code; it must never end the process.
 */
const shared = `
const fuzz = async (seed, calls, foreign) => {
  const { createRequire } = await import('node:module');
  const addon = createRequire(import.meta.url)(library + '/build/Release/leasehold.node');
  const random = randomOf(seed);
  const pick = (list) => list[random(list.length)];
  const problems = [];
  const counts = {};
  const io = new Uint8Array(65536);
  for (let i = 0; i < io.length; i++) io[i] = i;
  const control = new Uint32Array(64);
  const makeError = (code, message) => Object.assign(new Error(message), { code });
  addon.attach(io, control, makeError);
  // Keep every row table, since leases may still use its rows.
  const tables = [];
  const renew = () => { tables.push(new Uint32Array(pick([0, 4, 64, 4096, 16384]))); addon.setTable(tables.at(-1)); };
  renew();
  const paths = [args.path, args.path + '/other', args.path + '/third'];
  const environments = [];
  const opened = [];
  const handles = { transactions: [], cursors: [], foreign };
  const leases = [];
  const remember = (list, value) => { list.push(value); if (list.length > 60) list.splice(random(30), 1); };

  const numbers = [-1, 0, 1, 2, 3, 4, 7, 60, 100, 3000, 65535, 65536, 65537, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 1e300,
    0.5, NaN, Infinity, -Infinity, -0];
  const odd = () => pick([undefined, null, true, false, 5n, '', 'items', 'x'.repeat(300), Symbol('s'), [], [1, 2], () => 1, new Map(),
    Object.create(null), new Proxy({}, {}), new Date(), /x/, new Error('e'), new WeakRef({}), Promise.resolve(), globalThis,
    new Float64Array(4), new DataView(new ArrayBuffer(8)), new SharedArrayBuffer(64), detached(), new Uint8Array(new SharedArrayBuffer(64))]);
  const detached = () => { const array = new Uint8Array(16); structuredClone(array.buffer, { transfer: [array.buffer] }); return array; };
  const lease = () => { const object = {}; remember(leases, object); return object; };
  const kinds = [
    () => pick(numbers),
    () => pick(handles.transactions),
    () => pick(handles.transactions),
    () => pick(handles.cursors),
    () => pick(handles.foreign),
    () => (pick(handles.transactions) ?? 0) + pick([-1, 1, 2 ** 20, -(2 ** 20), 64, 2 ** 30]),
    () => pick(environments),
    () => random(4),
    () => random(200),
    () => random(2) === 0,
    () => lease(),
    () => pick(leases),
    () => pick(paths),
    () => pick(['items', 'more', '', 'a' + random(5), null]),
    () => new Uint8Array(pick([0, 1, 2, 64, 5000])),
    () => new Uint32Array(pick([0, 1, 2, 64])).fill(random(300)),
    () => new ArrayBuffer(pick([0, 16, 5000, 100_000, 400_000])),
    odd,
  ];
  const anything = () => pick(kinds)();
  const transaction = () => pick(random(8) === 0 ? handles.foreign : handles.transactions);
  const place = () => [random(3000), pick([1, 2, 2, 4, 300])];
  /** Frames GET (12 bytes of head, 8 bytes of a tid, a key), now and then with a wrong length. */
  const frames = () => {
    const bytes = new Uint8Array(300);
    for (let at = 0; at < 280; at += 24) bytes.set([random(9) === 0 ? random(40) : 12, 0, 0, 0, at, 0, 0, 0, 3, 1, random(4), 0, random(3)], at);
    return bytes;
  };
  const handleOf = (environment) => { try { return addon.environmentHandle(environment); } catch { return 0; } };
  /** Arguments that are right more often than not, so that calls go deep. */
  const likely = {
    open: () => [pick(paths), NaN, NaN, NaN, pick([0, 0, 4 | 8])],
    close: () => [random(40) === 0 ? pick(environments) : anything()],
    resize: () => [pick(environments), pick([0, 2 ** 30, 2 ** 31]), pick([0, 5, Infinity])],
    window: () => [pick(environments), pick([0, 0, 1]), pick([4096, 2 ** 20])],
    findCollection: () => [transaction(), pick(['items', 'more', 'a' + random(5), null])],
    makeCollection: () => [transaction(), pick(['items', 'more', 'a' + random(5)]), random(3)],
    readBegin: () => [pick(environments), random(2) === 0],
    writeBegin: () => [pick(environments), pick([0, 5, Infinity, Infinity])],
    transactBegin: () => [handleOf(pick(environments)), random(4) > 0],
    transactTurnTake: () => [handleOf(pick(environments))],
    transactTurnRelease: () => [handleOf(pick(environments))],
    transactTurnIsTaken: () => [handleOf(pick(environments))],
    transactWrites: () => [transaction()],
    transactMark: () => [transaction()],
    transactEndMark: () => [transaction(), random(2) === 0],
    transactExpect: () => [transaction(), random(3), ...place(), pick([0, 1, 2 ** 53])],
    transactCommit: () => [transaction(), pick(environments)],
    batchNow: () => [pick(environments), ...place(), new ArrayBuffer(pick([0, 8, 16]))],
    changes: () => [transaction(), ...place(), new ArrayBuffer(pick([0, 8, 16]))],
    batchesAdded: () => [pick(environments)],
    lockListen: () => [() => {}, random(9)],
    lockRequest: () => [handleOf(pick(environments)), pick(['a', 'b', '', 'x'.repeat(300)]), random(8)],
    lockRelease: () => [handleOf(pick(environments)), random(500)],
    lockQuery: () => [handleOf(pick(environments))],
    markBegin: () => [pick([1, 1, 2 ** 53])],
    markSkip: () => [random(4), pick([1, 5, 2 ** 53])],
    markList: () => [random(4), transaction(), random(3), random(3), random(3)],
    markReachable: () => [random(4), transaction(), random(3), random(3), random(3)],
    markCommits: () => [random(4), transaction(), random(3), random(3), random(9), random(3)],
    markWritten: () => [random(4), transaction(), random(3), random(3), random(9), random(3)],
    markGarbage: () => [random(4), pick([0, 1, 2 ** 40])],
    markEnd: () => [random(40) === 0 ? random(4) : 1e9],
    setOwner: () => [transaction(), lease()],
    isForgotten: () => [transaction()],
    get: () => [transaction(), random(3), ...place()],
    getMany: () => [transaction(), random(3), random(100), Uint32Array.from({ length: random(20) }, () => 2), 0, lease()],
    getPrivate: () => [transaction(), random(3), ...place(), random(70_000)],
    answerGets: () => [transaction(), Uint32Array.from({ length: random(4) }, () => random(4)), random(3), random(3), frames(), random(300), random(300), new Uint8Array(random(400)), random(400)],
    answerMany: () => [transaction(), random(3), random(3), random(3), frames(), random(300), random(300), random(9), new Uint8Array(random(400)), random(400)],
    packRows: () => [transaction(), random(3), random(1024), ...place(), random(300), pick([0, 5, 2 ** 53]), pick([0, 0, 3]), new Uint8Array(pick([0, 50, 70_000])), random(60)],
    getBuffer: () => [transaction(), random(3), ...place()],
    has: () => [transaction(), random(3), ...place()],
    lendFound: () => [transaction(), lease()],
    lendBuffer: () => [transaction(), 0, random(50_000), random(50_000)],
    takePrivate: () => [new Uint8Array(control[5] + control[6])],
    rangeOpen: () => [transaction(), random(3), random(1024), ...place(), random(300), pick([0, 5, 2 ** 53]), pick([0, 0, 3, 1e6])],
    rangeNext: () => [pick(handles.cursors), lease(), random(300)],
    rangeNextPrivate: () => [pick(handles.cursors), random(70_000)],
    rangeSeek: () => [pick(handles.cursors), ...place(), random(2) === 0, pick([0, 1, 1e9])],
    rangeClose: () => [pick(handles.cursors)],
    count: () => [transaction(), random(3), random(1024), ...place(), random(300), pick([0, 5, 2 ** 53]), pick([0, 0, 3, 1e6])],
    change: () => [transaction(), random(3), ...place(), pick([undefined, io]), random(60_000), pick([0, 10, 5000, 60_000]), pick([0, 0, 0, 1, 2, 3, 3, 3, 4, 5, random(9)])],
    splitGroup: () => [transaction(), lease(), control[23] * random(5)],
    moveLease: () => [transaction(), new ArrayBuffer(pick([16, 10_000, 400_000]))],
    hideExternal: () => [pick([1e6, -1e6, 0])],
    provokeCollector: () => [0],
    useLargePages: () => [new Uint8Array(pick([0, 5, 200_000]))],
  };
  const owned = new Set(['attach', 'setTable', 'attachSources']);
  const names = Object.keys(addon).filter((name) => !owned.has(name));
  let writes = 0;
  for (let i = 0; i < calls; i++) {
    if (environments.length === 0 || random(2000) === 0) {
      const at = pick(paths);
      try { opened.push(addon.open(at, NaN, NaN, NaN, NaN, NaN, NaN, 12)); remember(environments, opened.at(-1)); } catch (error) { if (error.code === undefined) problems.push('open ' + error); }
    }
    if (random(500) === 0) renew();
    if (random(300) === 0) leases.length = 0;
    const name = pick(names);
    let given = likely[name] !== undefined && random(4) !== 0
      ? likely[name]()
      : random(3) === 0
        ? Array.from({ length: random(10) }, anything)
        : [transaction(), ...Array.from({ length: random(8) }, anything)];
    if (random(6) === 0 && given.length > 0) given[random(given.length)] = anything();
    // Limit arguments: a resize could make a file of 2 ** 40 bytes, and a full garbage collection takes long.
    if (name === 'resize' && typeof given[1] === 'number' && given[1] > 2 ** 32) given[1] = 0;
    if (name === 'provokeCollector' || name === 'hideExternal') given = [pick([0, 1, -1, 'x', NaN, 2 ** 60])];
    // Call these seldom. With other threads, a write transaction ends at once: two threads could wait for each other for ever.
    if (name === 'writeBegin' && writes++ % 7 !== 0) continue;
    if (name === 'sync' && counts.sync > 0 && random(50) !== 0) continue;
    counts[name] = (counts[name] ?? 0) + 1;
    try {
      const result = addon[name](...given);
      if (result instanceof Promise) result.catch(() => {});
      if (name === 'readBegin' || name === 'writeBegin' || name === 'transactBegin') remember(handles.transactions, result);
      if (name === 'rangeOpen') remember(handles.cursors, result);
      if (name === 'open') { opened.push(result); remember(environments, result); }
      if (name === 'writeBegin') {
        // The write transaction ends soon, so that other threads can write too.
        for (let k = random(6); k > 0; k--) {
          io[0] = random(256);
          try { addon.change(result, random(3), random(3000), 2, undefined, 0, pick([3, 300, 9000, 40_000]), 0); } catch {}
        }
        try { if (args.workers > 0 || random(9) > 0) addon[pick(['writeCommit', 'writeCommit', 'writeAbort'])](result); } catch {}
      }
    } catch (error) {
      if (!(error instanceof Error) || typeof error.code !== 'string') problems.push(name + ': ' + String(error?.stack ?? error));
    }
    if (random(3000) === 0) await turn();
  }
  for (const environment of opened) try { addon.close(environment); } catch {}
  // All environments are closed. Call every function with the old handles. A marking belongs to no environment.
  for (const handle of [...handles.transactions, ...handles.cursors]) {
    for (const name of names) {
      if (name.startsWith('source') || name.startsWith('lock') || name.startsWith('transactTurn') || name.startsWith('mark') || likely[name] === undefined || ['open', 'takePrivate', 'hideExternal', 'provokeCollector'].includes(name)) continue;
      try {
        addon[name](handle, 0, 0, 0, 0, 0, 0, 0);
        if (name !== 'rangeClose') problems.push(name + ' took a handle of an environment that is closed');
      } catch (error) {
        if (error.code !== 'ERR_TXN_ENDED' && error.code !== 'ERR_INVALID_ARG_TYPE') problems.push(name + ' gave ' + error.code);
      }
    }
  }
  return { problems: problems.slice(0, 10), functions: Object.keys(counts).length, of: names.length };
};
`;

const main = `
const { mkdirSync } = await import('node:fs');
for (const name of ['', '/other', '/third']) mkdirSync(args.path + name, { recursive: true });
const foreign = Array.from({ length: 40 }, (_, i) => (i % 5) * 2 ** 20 + i);
const workers = Array.from({ length: args.workers }, (_, i) => start({ seed: args.seed + 1000 + i, foreign }));
const results = workers.map((worker) => once(worker, 'message').then(([message]) => message));
const exits = workers.map(exitOf);
const mine = await fuzz(args.seed, args.calls, foreign);
tell([mine, ...(await Promise.all(results))]);
await Promise.all(exits);
`;

/** Fuzzes the addon in the main thread and in `args.workers` other threads, with the same databases. */
export const fuzz: string = workerProgram({
  shared,
  main,
  worker: 'say(await fuzz(workerData.seed, args.calls, workerData.foreign));',
});
