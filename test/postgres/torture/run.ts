import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { verifyCache } from '../../../lib/cache/stored-cache.ts';
import { connect, type Store } from '../../../lib/client/index.ts';
import { json, utf8 } from '../../../lib/index.ts';
import { openStore, PersistentMap, persistent, t } from '../../../lib/objects/index.ts';
import { checkPostgres, installPostgres } from '../../../lib/postgres/connect-postgres.ts';
import { WaitingChild } from '../../support/child.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { environments } from '../../support/left-behind.ts';
import { isLong } from '../../support/long.ts';
import type { PostgresServer } from '../../support/postgres.ts';
import { Random } from '../../versions/random.ts';
import { History, judge, type Told, type Verdict } from './judge.ts';
import { Slots } from './slots.mjs';

/** What fails while the processes work, and is as before when it is over. */
export interface Disturbance {
  readonly name: string;
  run(torture: Torture): Promise<void>;
}

export interface TortureOptions {
  readonly seed: number;
  readonly server: PostgresServer;
  /** Those of `connect()`. */
  readonly options: { readonly cache: string; readonly [name: string]: unknown };
  /** Other servers, behind the first one. */
  readonly others?: readonly PostgresServer[];
}

const FILLERS = 24;
const PROCESSES = 3;
/** How many rounds of the workers there are between two disturbances. */
const ROUNDS_BETWEEN = 25;
/** After so many ms with no round of a process it is said to hang. */
const PATIENCE = 60_000;
// biome-ignore lint/suspicious/noExplicitAny: the types of classes are tested elsewhere.
const Half: any = persistent('torture.Half', { n: t.f64 })(class {});

const program = `
  const { work } = await import(args.program);
  const client = await import(library + '/dist/client.js');
  const objects = await import(library + '/dist/objects.js');
  await work({ client, objects, args, tell, random: randomOf(args.seed) });

  function randomOf(seed) {
    return (n) => {
      seed = (seed + 0x6d2b79f5) | 0;
      let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
      return ((x ^ (x >>> 14)) >>> 0) % n;
    };
  }
`;

class Process {
  readonly child: WaitingChild;
  /** How many rounds its workers have made. */
  rounds = 0;
  isKilled = false;

  constructor(args: object) {
    this.child = new WaitingChild(program, args);
    environments.push({ close: () => this.child.signal('SIGKILL') });
  }
}

/** Processes that share a store and a cache, and all that they have said. */
export class Torture {
  readonly random: Random;
  /** The server that is the primary now. */
  server: PostgresServer;
  readonly cache: string;
  /** Copies of the store whose place others have taken. */
  readonly givenUp: History[] = [];
  readonly #options: TortureOptions;
  readonly #slotsPath = join(temporaryFolder(), 'slots');
  readonly #slots: Slots;
  readonly #processes: Process[] = [];
  readonly #told: Told[] = [];

  constructor(options: TortureOptions) {
    this.#options = options;
    this.random = new Random(options.seed);
    this.server = options.server;
    this.cache = options.options.cache;
    this.#slots = Slots.make(this.#slotsPath);
  }

  /** Makes what the processes write, and starts them. */
  async begin(): Promise<void> {
    await installPostgres(this.server.address(), undefined);
    const store = await connect(this.server.address());
    const codecs = { key: utf8, value: json };
    for (const name of ['left', 'right']) await store.collection(name, codecs).put('pair', { n: 0 });
    const fillers = store.collection('fillers', codecs);
    for (let i = 0; i < FILLERS; i++) await fillers.put(`f${i}`, { n: 0, pad: 'x'.repeat(1500) });
    await store.collection('log', codecs).get('none');
    const objects = await openStore<{ left: object; right: object; log: object }>(store, { classes: [Half] });
    await objects.transact((txn) => {
      txn.root.left = new Half({ n: 0 });
      txn.root.right = new Half({ n: 0 });
      txn.root.log = new PersistentMap();
    });
    await store.close();
    for (let i = 0; i < PROCESSES; i++) this.#start();
    await this.progress();
  }

  /** Disturbs, one after the other, and goes on until there were so many rounds. */
  async disturb(disturbances: readonly Disturbance[], rounds: number): Promise<void> {
    for (let i = 0; i < disturbances.length || this.#rounds < rounds; i++) {
      const disturbance = disturbances[i % disturbances.length] as Disturbance;
      try {
        await disturbance.run(this);
        await this.progress();
      } catch (cause) {
        throw new Error(`at '${disturbance.name}': ${(cause as Error).message}`, { cause });
      }
    }
  }

  /** Fulfilled when a commit was acknowledged, and all processes have got further. */
  async commit(): Promise<void> {
    const before = this.#told.length;
    for (let tries = 0; tries < 100; tries++) {
      await this.progress();
      if (this.#told.slice(before).some(({ acknowledged }) => acknowledged !== undefined)) return;
    }
    throw new Error('no process commits anything more');
  }

  /** Fulfilled when all processes have got further. */
  async progress(): Promise<void> {
    const before = this.#processes.map(({ rounds }) => rounds);
    for (let waited = 0; waited < PATIENCE; waited += 20) {
      this.#hear();
      const wrong = this.#told.find((line) => line.wrong ?? line.hangs);
      if (wrong !== undefined) throw new Error(`a process says: ${wrong.wrong ?? wrong.hangs} (${wrong.cause})`);
      const isDue = (process: Process, i: number): boolean =>
        process.isKilled || process.rounds >= (before[i] ?? 0) + ROUNDS_BETWEEN;
      if (this.#processes.every(isDue)) return;
      await sleep(20);
    }
    throw new Error(`a process does nothing more: ${this.#processes.map(({ rounds }) => rounds)}`);
  }

  /** Kills a process, as a crash would, and starts another one. */
  async replaceProcess(): Promise<void> {
    await this.#replace(this.random.pick(this.#processes.filter(({ isKilled }) => !isKilled)));
  }

  /** The same with all but the one that was started last. */
  async replaceOthers(): Promise<void> {
    for (const process of this.#processes.slice(0, -1)) if (!process.isKilled) await this.#replace(process);
  }

  async #replace(process: Process): Promise<void> {
    await process.child.kill();
    this.#hear();
    process.isKilled = true;
    this.#start();
  }

  /** Does something after which commits may be gone, that were acknowledged before. */
  async losing(fn: () => Promise<void>): Promise<void> {
    this.#slots.nextEra();
    await fn();
    this.#slots.nextEra();
  }

  /** Ends the processes. Gives what is to be said of them, and throws if anything was wrong. */
  async end(): Promise<Verdict & { readonly lost: number; readonly errors: object; readonly rounds: number }> {
    for (const { child } of this.#processes) await child.end();
    this.#hear();
    const verdict = judge(this.#told, new History(this.server), this.givenUp);
    expect(verdict.problems.slice(0, 10)).toEqual([]);
    const ended = this.#told.flatMap(({ done }) => done ?? []);
    expect(ended).toHaveLength(PROCESSES);
    for (const { begun, settled } of ended) expect(settled).toBe(begun);
    const errors: { [name: string]: number } = {};
    for (const each of ended)
      for (const [name, count] of Object.entries(each.errors)) errors[name] = (errors[name] ?? 0) + count;
    expect((await checkPostgres(this.server.address())).problems).toEqual([]);
    await this.#checkCache();
    expect(ended.reduce((sum, { cache }) => sum + cache.hits, 0)).toBeGreaterThan(0);
    const lost = ended.reduce((sum, each) => sum + each.lost, 0);
    const found = { ...verdict, lost, errors, rounds: this.#rounds };
    if (isLong) console.log(JSON.stringify({ seed: this.#options.seed, ...found }));
    return found;
  }

  get #rounds(): number {
    return this.#processes.reduce((sum, { rounds }) => sum + rounds, 0);
  }

  #start(): void {
    const { seed, server, options, others = [] } = this.#options;
    const number = this.#processes.length;
    const addresses = [server, ...others].map((each) => each.address());
    // Some have little patience.
    const own = number % 2 === 1 ? addresses.map((address) => `${address}&statement_timeout=400`) : addresses;
    const args = {
      program: fileURLToPath(new URL('client.mjs', import.meta.url)),
      slots: this.#slotsPath,
      name: `c${number}`,
      number,
      seed: seed + number,
      addresses: own,
      options: { timeout: 10_000, keepHistory: 2, ...options },
    };
    this.#processes.push(new Process(args));
  }

  #hear(): void {
    for (const process of this.#processes) {
      for (const line of process.child.rest() as Told[]) {
        if (line.did !== undefined) process.rounds++;
        else this.#told.push(line);
      }
    }
  }

  /** What the cache gives is what the server gives, and nothing in it is wrong. */
  async #checkCache(): Promise<void> {
    const { cache } = this;
    if (!/^[a-z+]+:/.test(cache)) expect(verifyCache(cache, 10)).toEqual([]);
    const stores = [await connect(this.server.address(), { cache }), await connect(this.server.address())];
    const [cached, direct] = await Promise.all(stores.map(all));
    expect(cached).toEqual(direct);
    for (const store of stores) await store.close();
  }
}

async function all(store: Store): Promise<unknown[]> {
  const view = await store.snapshot({ sync: true });
  const keys = Array.from({ length: FILLERS }, (_, i) => `f${i}`);
  const found = [
    await view.collection('left').get('pair'),
    await view.collection('right').get('pair'),
    await view.collection('fillers').getMany(keys),
  ];
  view.close();
  return found;
}
