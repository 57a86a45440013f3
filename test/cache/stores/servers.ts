import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll } from 'vitest';
import { temporaryFolder } from '../../support/fixture.ts';

/** An ordinary user, as which servers run when the tests run as root. */
const NOBODY = 65_534;
const MEMCACHED = '/usr/bin/memcached';
const REDIS = '/usr/bin/redis-server';

/** In CI, which installs them, tests without them fail. */
const isNeeded = process.env['CI'] === 'true';
export const hasMemcached: boolean = isNeeded || existsSync(MEMCACHED);
export const hasRedis: boolean = isNeeded || existsSync(REDIS);

/** A server of a cache that listens on a socket in a folder of its own. */
export interface CacheServer {
  readonly path: string;
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, empty. */
  restart(): Promise<void>;
  /** It does nothing more, and keeps its connections. */
  stop(): void;
  continue(): void;
}

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

export function startMemcached(options: readonly string[] = []): Promise<CacheServer> {
  return start(MEMCACHED, (path) => ['-s', path, '-a', '777', '-U', '0', ...options]);
}

export function startRedis(options: readonly string[] = []): Promise<CacheServer> {
  return start(REDIS, (path) => [
    '--port',
    '0',
    '--unixsocket',
    path,
    '--unixsocketperm',
    '777',
    '--save',
    '',
    ...options,
  ]);
}

async function start(command: string, args: (path: string) => string[]): Promise<CacheServer> {
  const folder = temporaryFolder();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const path = join(folder, 'socket');
  let child: ChildProcess | undefined;
  const server: CacheServer = {
    path,
    kill: async () => {
      const ended = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGKILL');
      await ended;
      running.delete(child as ChildProcess);
    },
    restart: async () => {
      const options = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
      child = spawn(command, args(path), { stdio: 'ignore', cwd: folder, ...options });
      running.add(child);
      await reachable(path, child);
    },
    stop: () => void child?.kill('SIGSTOP'),
    continue: () => void child?.kill('SIGCONT'),
  };
  await server.restart();
  return server;
}

/** Waits until something listens at a path. */
async function reachable(path: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server has ended with ${child.exitCode}`);
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(path);
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
