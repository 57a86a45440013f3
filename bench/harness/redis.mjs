// A Redis server with a socket and a folder of its own: Debian's redis-server, or what REDIS_SERVER in the environment names.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { keyOf, LARGE, textOf } from './network.mjs';

const REDIS = process.env.REDIS_SERVER ?? '/usr/bin/redis-server';

export const redisIsThere = existsSync(REDIS);
export const noRedis = `there is no ${REDIS} (Debian: apt-get install redis-server)`;

/** Gives the process and its socket. `options`: of the command. */
export async function startRedis(folder, name, options = []) {
  const socket = join(folder, `${name}.sock`);
  const fixed = ['--port', '0', '--unixsocket', socket, '--save', '', '--proto-max-bulk-len', '1gb'];
  const server = spawn(REDIS, [...fixed, ...options], { stdio: 'ignore', cwd: folder });
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
  return { server, socket };
}

/** Stores the data of the suite `network`. */
export async function fillRedis(path, { entries, large }) {
  const socket = createConnection(path);
  const text = (words) => [`*${words.length}\r\n`, ...words.map((word) => `$${word.length}\r\n${word}\r\n`)].join('');
  const answers = entries + large.length;
  let came = 0;
  const done = new Promise((resolve) => {
    socket.on('data', (bytes) => {
      came += bytes.length;
      if (came === answers * '+OK\r\n'.length) resolve();
    });
  });
  for (let at = 0; at < entries; at += 1000) {
    const some = Array.from({ length: Math.min(1000, entries - at) }, (_, i) =>
      text(['SET', keyOf(at + i), textOf(at + i)]),
    );
    if (!socket.write(some.join(''))) await once(socket, 'drain');
  }
  for (const name of large) {
    const key = `large:${name}`;
    socket.write(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${LARGE[name]}\r\n`);
    socket.write(Buffer.alloc(LARGE[name], name));
    socket.write('\r\n');
  }
  await done;
  socket.destroy();
}
