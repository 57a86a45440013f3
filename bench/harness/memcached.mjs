// A memcached with a socket of its own: Debian's, or what MEMCACHED in the environment names.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const MEMCACHED = process.env.MEMCACHED ?? '/usr/bin/memcached';

export const memcachedIsThere = existsSync(MEMCACHED);
export const noMemcached = `there is no ${MEMCACHED} (Debian: apt-get install memcached)`;

/** Gives the process and its socket. */
export async function startMemcached(folder) {
  const socket = join(folder, 'memcached.sock');
  const server = spawn(MEMCACHED, ['-u', userInfo().username, '-s', socket, '-m', '1024'], { stdio: 'ignore' });
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
  return { server, socket };
}
