// Redis, with ioredis. The server is a process of its own: `startRedis` of harness/redis.mjs.
import { createRequire } from 'node:module';

const { default: Redis } = createRequire(import.meta.url)('ioredis');

export async function client(path) {
  const redis = new Redis(path);
  await redis.ping();
  const all = [redis];
  return {
    get: (key) => redis.getBuffer(key),
    getMany: (keys) => redis.mgetBuffer(...keys),
    getLarge: async (name) => (await redis.getBuffer(`large:${name}`)).length,
    async scan() {
      let count = 0;
      let cursor = '0';
      do {
        const [next, keys] = await redis.scan(cursor, 'MATCH', 'key:*', 'COUNT', 1000);
        cursor = next;
        if (keys.length > 0) count += (await redis.mgetBuffer(...keys)).length;
      } while (cursor !== '0');
      return count;
    },
    put: (key, value) => redis.set(key, value),
    /** `put` with `publish`: what a program does that wants to tell others. */
    publish: (key, value) => redis.pipeline().set(key, value).publish('changes', key).exec(),
    async listen(told) {
      const listener = redis.duplicate();
      all.push(listener);
      await listener.subscribe('changes');
      listener.on('message', (_, key) => told(key));
    },
    close() {
      for (const each of all) each.disconnect();
    },
  };
}
