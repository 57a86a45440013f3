import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from './fixture.ts';
import { environments } from './left-behind.ts';
import { sharedOnce } from './shared-once.ts';

/*
 * PostgreSQL servers of the tests: Debian's binaries, as an ordinary user, with a socket in a temporary folder.
 */

const ROOT = '/usr/lib/postgresql';
const versions = existsSync(ROOT) ? readdirSync(ROOT).sort((a, b) => Number(a) - Number(b)) : [];
const version = versions.at(-1);
const binary = (name: string): string => join(ROOT, String(version), 'bin', name);

/** Whether the server is installed. Tests that need it are skipped otherwise, but fail where `CI` is set. */
export const hasPostgres: boolean = version !== undefined || process.env['CI'] !== undefined;

/** What the tests do not need, and what would slow them down. */
const SETTINGS = [
  'listen_addresses=',
  'fsync=off',
  'full_page_writes=off',
  'shared_buffers=16MB',
  'max_connections=60',
  'autovacuum=off',
  'jit=off',
];

/** How often a server is started that ends at once. */
const MOST_STARTS = 50;

/** The server refuses to run as root. */
function asOrdinaryUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const number = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: number('-u'), gid: number('-g') };
}

function own(folder: string): void {
  const { uid, gid } = asOrdinaryUser();
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  chmodSync(folder, 0o755);
}

/** A folder of data that was just made. That takes seconds, so each server gets a copy. */
function emptyData(): string {
  const folder = sharedOnce('postgres', (made) => {
    own(made);
    const options = [
      '-D',
      join(made, 'data'),
      '-A',
      'trust',
      '-U',
      'leasehold',
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C',
    ];
    execFileSync(binary('initdb'), options, { ...asOrdinaryUser(), cwd: made, stdio: 'ignore' });
  });
  return join(folder, 'data');
}

export class PostgresServer {
  /** The folder of its socket. */
  readonly folder: string = temporaryFolder();
  readonly data: string;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  /** `settings`: as 'name=value'. `hasData`: false for one that gets its data from elsewhere. `place`: a folder for them, other than that of the socket. */
  constructor(settings: readonly string[] = [], hasData: boolean = true, place?: string) {
    this.#settings = [...SETTINGS, ...settings];
    own(this.folder);
    if (place !== undefined) own(place);
    this.data = join(place ?? this.folder, 'data');
    if (hasData) execFileSync('cp', ['-a', emptyData(), this.data]);
    environments.push(this);
  }

  get pid(): number {
    return this.#process?.pid as number;
  }

  /** The address of a database. */
  address(database: string = 'postgres'): string {
    return `postgres://leasehold@/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  /** What psql prints for a statement of the superuser. */
  sql(text: string, database: string = 'postgres'): string {
    const options = ['-h', this.folder, '-U', 'leasehold', '-d', database, '-Atqc', text];
    return execFileSync(binary('psql'), options, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 2 ** 29,
    }).trim();
  }

  /** Runs statements of the superuser in a session that is open meanwhile. Fulfilled when they have ended, however. */
  hold(text: string, database: string = 'postgres'): Promise<void> {
    const options = ['-h', this.folder, '-U', 'leasehold', '-d', database, '-Atqc', text];
    const held = spawn(binary('psql'), options, { stdio: 'ignore' });
    return new Promise((resolve) => held.once('exit', () => resolve()));
  }

  /** Runs one of the server's own programs. */
  run(program: string, options: readonly string[]): void {
    execFileSync(binary(program), options, { ...asOrdinaryUser(), cwd: this.folder, stdio: 'ignore' });
  }

  /** Puts a copy of its data, which was made while it did not run, in their place. */
  restore(copy: string): void {
    execFileSync('cp', ['-a', copy, this.data]);
    execFileSync('chmod', ['-R', 'go=', this.data]);
    const { uid, gid } = asOrdinaryUser();
    if (uid !== undefined) execFileSync('chown', ['-R', `${uid}:${gid}`, this.data]);
  }

  /** Makes a standby of it, and starts that. */
  async standby(settings: readonly string[]): Promise<PostgresServer> {
    const standby = new PostgresServer(['hot_standby=on', ...settings], false);
    const options = ['-h', this.folder, '-U', 'leasehold', '-D', standby.data, '-R', '-X', 'stream', '-c', 'fast'];
    this.run('pg_basebackup', options);
    return standby.start();
  }

  /** Makes a copy of its data while it runs, to be given to `restore`. It needs wal_level=replica. */
  copy(): string {
    const copy = join(this.folder, 'copy');
    this.run('pg_basebackup', ['-h', this.folder, '-U', 'leasehold', '-D', copy, '-X', 'stream', '-c', 'fast']);
    return copy;
  }

  /** Gives its data, while it does not run, to another server, which nobody knows. */
  moveAway(): PostgresServer {
    const other = new PostgresServer(this.#settings, false);
    execFileSync('mv', [this.data, other.data]);
    return other;
  }

  async start(): Promise<this> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#startOnce();
        return this;
      } catch (error) {
        // Processes of a server that was killed may still be there, and have its shared memory.
        if (tries === MOST_STARTS) throw error;
        await sleep(100);
      }
    }
  }

  async #startOnce(): Promise<void> {
    const settings = this.#settings.flatMap((setting) => ['-c', setting]);
    const started = spawn(binary('postgres'), ['-D', this.data, '-k', this.folder, ...settings], {
      ...asOrdinaryUser(),
      cwd: this.folder,
      stdio: 'ignore',
    });
    this.#process = started;
    while (!this.#isReady()) {
      if (started.exitCode !== null) throw new Error(`the server has ended with ${started.exitCode}`);
      await sleep(20);
    }
  }

  /** Whether it has ended by itself, or was never started. */
  get hasEnded(): boolean {
    return this.#process === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** 'fast': what is under way is rolled back. 'immediate': as if the server had been killed. 'kill': its first process is, and the others see that. */
  async stop(mode: 'fast' | 'immediate' | 'kill' = 'immediate'): Promise<void> {
    const running = this.#process as ChildProcess;
    const hasEnded = this.hasEnded;
    this.#process = undefined;
    if (hasEnded) return;
    const exited = new Promise((resolve) => running.once('exit', resolve));
    running.kill(({ fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const)[mode]);
    await exited;
  }

  /** Ends it after the tests of the file. */
  close(): void {
    ofFile = undefined;
    const hasEnded = this.hasEnded;
    this.#process = undefined;
    if (!hasEnded) this.run('pg_ctl', ['-D', this.data, '-m', 'immediate', '-w', 'stop']);
  }

  #isReady(): boolean {
    try {
      return this.sql('select 1') === '1';
    } catch {
      return false;
    }
  }
}

let ofFile: Promise<PostgresServer> | undefined;

/** The server that the tests of a file share: it is started when the first one needs it. */
export function postgresOfFile(): Promise<PostgresServer> {
  ofFile ??= new PostgresServer().start();
  return ofFile;
}
