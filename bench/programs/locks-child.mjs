// Locks by name: `node locks-child.mjs LIBRARY MODE FOLDER`, which prints its figures as JSON. Times are in ns of the clock that all processes
// share.
import process from 'node:process';

const [library, mode, folder] = process.argv.slice(2);
const COUNT = 2000;
const now = () => Number(process.hrtime.bigint());

const peers = {
  redis: async (socket) => {
    const { createConnection } = await import('node:net');
    const connection = createConnection(socket).setEncoding('utf8');
    let answered = () => {};
    let text = '';
    connection.on('data', (part) => {
      text += part;
      if (!text.endsWith('\r\n')) return;
      const answer = text;
      text = '';
      answered(answer);
    });
    const ask = (...words) =>
      new Promise((resolve) => {
        answered = resolve;
        connection.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`);
      });
    return {
      // The script that releases a lock only if it is one's own is left out: this is the least that a lock in Redis costs.
      take: async () => {
        if ((await ask('SET', 'lock', 'me', 'NX', 'PX', '10000')) !== '+OK\r\n')
          throw new Error('the lock was not free');
        await ask('DEL', 'lock');
      },
      close: () => connection.destroy(),
    };
  },
};

async function leasehold() {
  const { open, LockManager } = await import(library);
  const env = open(folder, { durability: 'nosync' });
  return { env, locks: new LockManager(env) };
}

/** ns for taking a lock that is free, and releasing it. */
async function takeFree(take) {
  const times = [];
  for (let i = -COUNT; i < COUNT; i += 100) {
    const begin = now();
    for (let k = 0; k < 100; k++) await take();
    if (i >= 0) times.push((now() - begin) / 100);
  }
  return times;
}

const modes = {
  async free() {
    const { env, locks } = await leasehold();
    const fn = () => {};
    const times = await takeFree(() => locks.request('lock', fn));
    env.close();
    return times;
  },
  async redis() {
    const { take, close } = await peers.redis(folder);
    const times = await takeFree(take);
    close();
    return times;
  },
  /** When this process got the lock and when it released it, again and again, while another process does the same. */
  async turns() {
    const { env, locks } = await leasehold();
    const turns = [];
    /** Waits until the other process waits for the lock, or is done. */
    const isAwaited = async () => {
      for (;;) {
        const { held, pending } = await locks.query();
        if (pending.length > 0 || held.every(({ clientId }) => clientId === held[0].clientId)) return;
        await new Promise(setImmediate);
      }
    };
    await locks.request('ready', { mode: 'shared' }, async () => {
      while ((await locks.query()).held.filter(({ name }) => name === 'ready').length < 2)
        await new Promise(setImmediate);
      for (let i = 0; i < COUNT; i++) {
        await locks.request('lock', async () => {
          const got = now();
          await isAwaited();
          turns.push(got, now());
        });
      }
    });
    env.close();
    return turns;
  },
  /** Holds the lock until it is killed. */
  async dies() {
    const { locks } = await leasehold();
    locks.request('lock', () => {
      process.stdout.write('held\n');
      return new Promise(() => {});
    });
    setInterval(() => {}, 1e6);
    return new Promise(() => {});
  },
};

console.log(JSON.stringify(await modes[mode]()));
