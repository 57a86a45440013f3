// A PostgreSQL server with a socket and a folder of its own, by Debian's binaries, and its own benchmark program as the client.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { output } from './child.mjs';

const ROOT = '/usr/lib/postgresql';
const version = existsSync(ROOT) ? readdirSync(ROOT).sort().at(-1) : undefined;
const binary = (name) => join(ROOT, String(version), 'bin', name);

export const postgresIsThere = ['initdb', 'postgres', 'psql', 'pgbench'].every((name) => existsSync(binary(name)));
export const noPostgres = `there is no PostgreSQL in ${ROOT} (Debian: apt-get install postgresql)`;

/** The server refuses to run as root: there it runs as Debian's user `postgres`. */
function user() {
  if (process.getuid() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
  return { uid, gid };
}

/** Gives the process and the folder of its socket. Each commit reaches the disk, as it does by default. */
export async function startPostgres(folder) {
  const own = join(folder, 'postgres');
  const data = join(own, 'data');
  const as = user();
  mkdirSync(own);
  if (as.uid !== undefined) for (const path of [folder, own]) chownSync(path, as.uid, as.gid);
  execFileSync(binary('initdb'), ['-D', data, '-A', 'trust', '-U', 'bench', '-N'], {
    ...as,
    cwd: own,
    stdio: 'ignore',
  });
  const options = ['-D', data, '-k', own, '-c', 'listen_addresses=', '-c', 'max_connections=200'];
  const server = spawn(binary('postgres'), options, { ...as, cwd: own, stdio: 'ignore' });
  while (!isReady(own)) await new Promise((resolve) => setTimeout(resolve, 50));
  const table = 'CREATE TABLE rows (key text PRIMARY KEY, value bytea)';
  execFileSync(binary('psql'), ['-h', own, '-U', 'bench', 'postgres', '-c', table], { stdio: 'ignore' });
  return { server, socket: own };
}

function isReady(socket) {
  try {
    execFileSync(binary('psql'), ['-h', socket, '-U', 'bench', 'postgres', '-c', 'SELECT 1'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Has so many clients store rows for a second. Gives how many were stored, and how long that took, in ns. */
export async function storeRows(socket, clients) {
  const script = join(socket, 'store.sql');
  writeFileSync(
    script,
    `\\set n random(0, 999)
     INSERT INTO rows VALUES ('key:' || lpad(:n::text, 9, '0'), convert_to(repeat('x', 100), 'UTF8'))
       ON CONFLICT (key) DO UPDATE SET value = excluded.value`.replace(/\n\s+ON/, ' ON'),
  );
  const options = [
    '-h',
    socket,
    '-U',
    'bench',
    '-n',
    '-M',
    'prepared',
    '-T',
    '1',
    '-c',
    clients,
    '-j',
    '1',
    '-f',
    script,
  ];
  const text = await output(binary('pgbench'), [...options, 'postgres']);
  const count = Number(/transactions actually processed: (\d+)/.exec(text)[1]);
  return { count, ns: (count / Number(/tps = ([\d.]+)/.exec(text)[1])) * 1e9 };
}

export async function endPostgres(server) {
  const exited = once(server, 'exit');
  server.kill('SIGINT');
  await exited;
}
