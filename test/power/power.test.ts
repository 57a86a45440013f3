import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { compiledTools } from '../interop/tools.ts';
import { childProgram } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { verifier, writer } from './programs.ts';
import { DATA, type Recorded, readRecord } from './record.ts';
import { recorderVariables } from './recorder.ts';
import { LUCKS, makeState, randomFrom, type Without } from './replay.ts';

const STATES = isLong ? 700 : 60;
const STEPS = isLong ? 400 : 120;

/** A folder in memory. The files that a power cut leaves need no real disk. */
const MEMORY = '/dev/shm';

/** A program in its own process, which prints messages, one a line. */
class Program {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly exited: Promise<void>;
  #wake: () => void = () => {};

  constructor(path: string, args: object, variables: Record<string, string>) {
    this.#child = spawn(process.execPath, [path, JSON.stringify(args)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: recorderVariables(variables),
    });
    createInterface(this.#child.stdout as NodeJS.ReadableStream).on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.exited = new Promise((resolve) => {
      this.#child.on('close', () => {
        resolve();
        this.#wake();
      });
    });
    this.#child.stdin?.on('error', () => {});
  }

  /** The next line that it prints; undefined if it has ended. */
  async next(): Promise<unknown> {
    while (this.#lines.length === 0) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return JSON.parse(this.#lines.shift() as string);
  }

  send(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.exited;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

/** A database that programs write to while it is recorded. */
class Scenario {
  readonly path = join(temporaryFolder(), 'database');
  readonly #log = join(temporaryFolder(), 'log');
  readonly #boot = join(temporaryFolder(), 'boot');
  #seed = 1;

  constructor() {
    mkdirSync(this.path);
    writeFileSync(this.#boot, '11111111-1111-1111-1111-111111111111\n');
  }

  get variables(): Record<string, string> {
    return { RECORD_FOLDER: this.path, RECORD_LOG: this.#log, BOOT_ID_FILE: this.#boot };
  }

  start(durability: string, args: object = {}): Program {
    const program = childProgram(writer);
    return new Program(
      program,
      { path: this.path, durability, seed: this.#seed++, steps: STEPS, ...args },
      this.variables,
    );
  }

  /** Records a promise that none of the programs makes. */
  async mark(name: string, number: number): Promise<void> {
    const shell = spawn('sh', ['-c', `echo ${name} ${number} >> "$0"`, join(this.path, 'marks')], {
      env: recorderVariables(this.variables),
    });
    await new Promise((resolve) => shell.on('exit', resolve));
  }

  record(): Recorded {
    return readRecord(this.#log);
  }
}

const verifiers = new Set<Program>();
afterAll(() => Promise.all([...verifiers].map((each) => each.end())));

/** Cuts the power at random entries of the record, and opens the files that are left. Returns what is wrong with them. */
async function badStates(scenario: Scenario, states: number, without: Without = {}): Promise<string[]> {
  const recorded = scenario.record();
  // Before the first sync ends, the database need not exist.
  const first = Math.min(...recorded.syncs[DATA].map(({ end }) => end)) + 1;
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'leasehold-states-'));
  const boot = join(folder, 'boot');
  writeFileSync(boot, '22222222-2222-2222-2222-222222222222\n');
  const program = childProgram(verifier);
  const start = () => new Program(program, {}, { BOOT_ID_FILE: boot, NO_SYNC: '1' });
  let running = start();
  const bad: string[] = [];
  for (let i = 0; i < states; i++) {
    const random = randomFrom(i + 1);
    const luck = LUCKS[i % LUCKS.length] as (typeof LUCKS)[number];
    // The last cut comes after the whole record.
    const at = i === states - 1 ? recorded.length : Math.ceil(first + random() * (recorded.length - first));
    const state = join(folder, 'state');
    makeState(recorded, { at, luck, random }, state, without);
    // The lock file of the previous boot may still exist.
    if (random() < 0.5 && existsSync(join(scenario.path, 'lock.mdb'))) {
      cpSync(join(scenario.path, 'lock.mdb'), join(state, 'lock.mdb'));
    }
    running.send(state);
    const found = (await running.next()) as { n: number; foreign: number; error?: string } | undefined;
    const promised = (name: string) =>
      Math.max(0, ...recorded.marks.filter((mark) => mark.at < at && mark.name === name).map(({ number }) => number));
    if (found === undefined) {
      bad.push(`${i} (entry ${at}, ${luck}): the process ended`);
      running = start();
    } else if (found.error !== undefined) {
      bad.push(`${i} (entry ${at}, ${luck}): ${found.error}`);
    } else if (found.n < promised('durable') || found.foreign < promised('foreign')) {
      const { durable, foreign } = { durable: promised('durable'), foreign: promised('foreign') };
      bad.push(
        `${i} (entry ${at}, ${luck}): ${JSON.stringify(found)} where ${JSON.stringify({ durable, foreign })} is promised`,
      );
    }
    rmSync(state, { recursive: true });
  }
  await running.end();
  rmSync(folder, { recursive: true });
  return bad;
}

async function toItsEnd(program: Program): Promise<void> {
  while ((await program.next()) !== undefined);
  await program.exited;
}

const onLinux = test.skipIf(process.platform !== 'linux');

onLinux(
  'after a power cut a periodic database is at a commit that was made, and none that was flushed is gone',
  async () => {
    const scenario = new Scenario();
    await toItsEnd(scenario.start('periodic'));
    expect(await badStates(scenario, STATES)).toEqual([]);
  },
  600_000,
);

onLinux(
  'so it is where sync, nosync and nometasync processes write beside it, and what the sync one commits is never gone',
  async () => {
    const scenario = new Scenario();
    // Only while a 'periodic' process runs is nosync safer than LMDB's documentation promises.
    const first = scenario.start('periodic', { steps: STEPS / 4, wait: true });
    expect(await first.next()).toBe('writing');
    const others = ['sync', 'nosync', 'nometasync', 'periodic'].map((durability) =>
      scenario.start(durability, { steps: STEPS / 4 }),
    );
    await Promise.all(others.map(toItsEnd));
    await first.end();
    expect(await badStates(scenario, STATES)).toEqual([]);
  },
  600_000,
);

onLinux(
  'so it is where periodic processes are killed, and others go on',
  async () => {
    const scenario = new Scenario();
    for (const durability of ['periodic', 'periodic', 'nosync', 'sync', 'periodic']) {
      const killed = scenario.start(durability, { steps: STEPS / 4, wait: true });
      while ((await killed.next()) !== 'done');
      await killed.kill();
    }
    await toItsEnd(scenario.start('sync', { steps: STEPS / 8 }));
    expect(await badStates(scenario, STATES)).toEqual([]);
  },
  600_000,
);

onLinux(
  "so it is where LMDB's own tools write beside it, which sync nothing",
  async () => {
    const scenario = new Scenario();
    const program = scenario.start('periodic', { wait: true });
    expect(await program.next()).toBe('writing');
    for (let i = 1; i <= 12; i++) {
      const hex = (text: string) => Buffer.from(text).toString('hex');
      const dump = `VERSION=3\nformat=bytevalue\ndatabase=foreign\ntype=btree\nHEADER=END\n ${hex(`key ${i}`)}\n ${hex('x')}\nDATA=END\n`;
      const tool = spawn(compiledTools().load, [scenario.path], {
        stdio: ['pipe', 'inherit', 'inherit'],
        env: recorderVariables(scenario.variables),
      });
      tool.stdin?.end(dump);
      expect(await new Promise((resolve) => tool.on('exit', resolve))).toBe(0);
    }
    while ((await program.next()) !== 'done');
    // The periodic process syncs their commits with its own.
    await program.end();
    await scenario.mark('foreign', 12);
    expect(await badStates(scenario, STATES)).toEqual([]);
  },
  600_000,
);

onLinux(
  'this test finds it if nothing keeps the pages of the synced version, nothing tells of it, or nothing is synced',
  async () => {
    const scenario = new Scenario();
    await toItsEnd(scenario.start('periodic', { steps: 120 }));
    const found = { 'without a fault': await badStates(scenario, 40) };
    const noFile = await badStates(scenario, 40, { syncedFile: true });
    const noSync = await badStates(scenario, 40, { dataSyncs: true });
    const unpinned = new Scenario();
    await toItsEnd(unpinned.start('periodic', { steps: 120, unpin: true }));
    const noPin = await badStates(unpinned, 80);
    expect(found).toEqual({ 'without a fault': [] });
    expect(noFile.length).toBeGreaterThan(0);
    expect(noSync.length).toBeGreaterThan(0);
    expect(noPin.length).toBeGreaterThan(0);
  },
  600_000,
);
