import { setImmediate as turn } from 'node:timers/promises';
import { PostgresEngine } from '../../../lib/postgres/postgres-engine.ts';
import type { Loaded, StateWrite, Tid } from '../../../lib/versions/engine/engine.ts';
import type { RunTurns, Turn } from '../../../lib/versions/turn.ts';
import { Random } from '../../versions/random.ts';
import { type Broken, FakeServers, SCHEMA } from './fake-server.ts';

const KEYS = ['61', '62', '63'];
const WORKERS = 4;
const ENGINES = 2;
/** What a program may be told. */
const ALLOWED = ['ERR_SNAPSHOT_LOST', 'ERR_OUTCOME_UNKNOWN', 'ERR_DISCONNECTED', 'ERR_ENV_CLOSED'];

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export interface RunOptions {
  readonly seed: number;
  readonly steps: number;
  readonly broken?: Broken;
  /** Whether the primary is lost once, with its last commits. */
  readonly failsOver: boolean;
}

/** An engine, and what it has told: the history that its readers must see. */
interface Client {
  readonly engine: PostgresEngine;
  readonly nonces: Map<Tid, string>;
  readonly changed: Map<string, Tid[]>;
}

/** Runs engines on fake servers, and compares what they give with what the servers had. Throws what is wrong. Gives how many states were compared. */
export async function runModel({ seed, steps, broken, failsOver }: RunOptions): Promise<number> {
  const random = new Random(seed);
  const servers = new FakeServers(broken);
  let isDone = false;
  const failAt = failsOver ? random.below(steps * WORKERS) : Number.POSITIVE_INFINITY;
  let count = 0;
  const pump = (async () => {
    while (!isDone) {
      if (random.chance(0.01)) servers.lose(random);
      if (random.chance(0.03)) servers.loseLock();
      if (random.chance(0.1)) servers.replay(random);
      if (random.chance(0.02)) servers.trim(random);
      for (let i = random.below(4); i >= 0; i--) servers.step(random);
      await turn();
    }
  })();
  const clients: Client[] = [];
  const check: Check = {
    servers,
    compared: 0,
    acknowledged: [],
    refused: [],
    hasFailedOver: false,
    holds: random.chance(0.5),
  };
  try {
    while (clients.length < ENGINES) {
      try {
        clients.push(await connectClient(servers));
      } catch (error) {
        // The first connection was lost.
        if (codeOf(error) !== 'ERR_DISCONNECTED') throw error;
      }
    }
    const work = async (client: Client): Promise<void> => {
      for (let step = 0; step < steps; step++) {
        if (count++ === failAt) {
          servers.failOver(random);
          check.hasFailedOver = true;
        }
        try {
          await one(client, random, check);
        } catch (error) {
          if (!ALLOWED.includes(codeOf(error))) throw error;
          if (codeOf(error) === 'ERR_SNAPSHOT_LOST' && isEnded(client)) return;
        }
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, (_, i) => work(clients[i % ENGINES] as Client)));
    checkCommits(check);
  } finally {
    for (const { engine } of clients) await engine.close();
    isDone = true;
    await pump;
  }
  return check.compared;
}

interface Check {
  readonly servers: FakeServers;
  compared: number;
  readonly acknowledged: { readonly id: string; readonly tid: Tid }[];
  /** The ids of commits of which was said that they were not made. */
  readonly refused: string[];
  hasFailedOver: boolean;
  readonly holds: boolean;
}

async function connectClient(servers: FakeServers): Promise<Client> {
  const address = (name: string) => ({ url: name, text: name, tls: undefined });
  const engine = await PostgresEngine.connect({
    addresses: [address('primary')],
    replicas: [address('standby')],
    schema: SCHEMA,
    connect: servers.connect,
    timeout: 5000,
    flush: 'inside',
    keptFor: { history: 1000, log: 1000 },
    onState: () => {},
  });
  const begun = engine.processed();
  const nonces = new Map<Tid, string>();
  const changed = new Map<string, Tid[]>(KEYS.map((key) => [key, []]));
  let told = begun;
  const found = [...servers.byNonce.values()].find(({ tid }) => tid === begun);
  nonces.set(begun, found?.nonce ?? '');
  engine.onChange(({ tid, nonce, changes }) => {
    if (tid !== told + 1 || engine.processed() !== told) throw new Error(`commit ${tid} is told after ${told}`);
    told = tid;
    nonces.set(tid, nonce);
    servers.told.set(tid, nonce);
    // A commit that deletes what is absent names the key, whose state goes on.
    const before = servers.byNonce.get(nonces.get(tid - 1) as string)?.records;
    const after = servers.byNonce.get(nonce)?.records;
    for (const key of changes.flatMap(({ keys = [] }) => keys.map(hex))) {
      if (before?.get(key)?.tid !== after?.get(key)?.tid) changed.get(key)?.push(tid);
    }
  });
  return { engine, nonces, changed };
}

function isEnded({ engine }: Client): boolean {
  try {
    engine.onEnd(() => {})();
    return false;
  } catch {
    return true;
  }
}

/** One transaction, with a turn or without, or one look at an older snapshot. */
async function one(client: Client, random: Random, check: Check): Promise<void> {
  const turns = client.engine.turns();
  try {
    if (random.chance(0.3)) await turns.begin(3, undefined);
    await oneOf(client, turns, random, check);
  } finally {
    turns.end();
  }
}

async function oneOf(client: Client, { turn }: RunTurns, random: Random, check: Check): Promise<void> {
  const { engine } = client;
  const base =
    turn !== undefined || random.chance(0.8) ? engine.processed() : Math.max(0, engine.processed() - random.below(4));
  const isHeld = check.holds && random.chance(0.5);
  const release = isHeld ? engine.hold(base) : () => {};
  try {
    const states = new Map<string, Loaded>();
    const keys = KEYS.filter(() => random.chance(0.7)).map((key) => ({ collection: 'items', key: bytesOf(key) }));
    await engine.load(keys, base, (state) => {
      states.set(hex(state.key), state);
      checkState(client, state, base, check);
    });
    const writes: StateWrite[] = keys
      .filter(() => random.chance(0.6))
      .map(({ key }) => ({
        collection: 'items',
        key,
        bytes: random.chance(0.2) ? undefined : new Uint8Array([random.below(256), random.below(256)]),
      }));
    if (writes.length === 0) return;
    const reads = [...states.values()].map(({ collection, key, tid, bytes }) => ({
      collection,
      key,
      tid: bytes === undefined ? 0 : tid,
    }));
    await commitOnce(client, { base, reads, writes, turn, random, check });
  } finally {
    release();
  }
}

interface Commit {
  readonly base: Tid;
  readonly reads: { readonly collection: string; readonly key: Uint8Array; readonly tid: Tid }[];
  readonly writes: StateWrite[];
  readonly turn: Turn | undefined;
  readonly random: Random;
  readonly check: Check;
}

async function commitOnce({ engine }: Client, { base, reads, writes, turn, random, check }: Commit): Promise<void> {
  const commitId = new Uint8Array(8).map(() => random.below(256));
  const id = hex(commitId);
  try {
    const answer = await engine.commit({ commitId, base, reads, ranges: [], writes, turn });
    if (!('tid' in answer)) {
      check.refused.push(id);
      return;
    }
    check.acknowledged.push({ id, tid: answer.tid });
    const made = check.servers.primary.data.changes.find(({ tid }) => tid === answer.tid);
    if (!check.hasFailedOver && made?.id !== id)
      throw new Error(`commit ${answer.tid} was acknowledged and is another one`);
    if (!check.hasFailedOver) checkReads(check, answer.tid, reads);
  } catch (error) {
    if (codeOf(error) !== 'ERR_OUTCOME_UNKNOWN') check.refused.push(id);
    throw error;
  }
}

/** Between what a commit has read and the commit, nobody has changed it. */
function checkReads({ servers }: Check, tid: Tid, reads: Commit['reads']): void {
  const { changes } = servers.primary.data;
  for (const read of reads) {
    if (read.tid === 0) continue;
    const key = hex(read.key);
    const between = changes.find((change) => change.tid > read.tid && change.tid < tid && change.keys.includes(key));
    if (between !== undefined)
      throw new Error(`commit ${tid} has read ${key} of ${read.tid}, which ${between.tid} had changed`);
  }
}

/** What was given for a key as of a commit is what was there, in the history that the engine has told, and its interval is true. */
function checkState({ engine, nonces, changed }: Client, state: Loaded, at: Tid, check: Check): void {
  const nonce = nonces.get(at);
  if (nonce === undefined) return;
  check.compared++;
  const key = hex(state.key);
  const truth = check.servers.byNonce.get(nonce)?.records.get(key);
  const shown = `${key} as of ${at} is ${state.bytes && hex(state.bytes)} of ${state.tid} to ${state.next}`;
  const is = state.bytes && hex(state.bytes);
  if (is !== (truth?.bytes && hex(truth.bytes)))
    throw new Error(`${shown}, and was ${truth && hex(truth.bytes ?? new Uint8Array())} of ${truth?.tid}`);
  if (truth !== undefined && truth.tid !== state.tid) throw new Error(`${shown}, and was of ${truth.tid}`);
  if (state.tid > at || (state.next !== undefined && state.next <= at))
    throw new Error(`${shown}, which does not have it`);
  const end = state.next ?? engine.processed() + 1;
  const between = (changed.get(key) ?? []).find((tid) => tid > state.tid && tid < end);
  if (between !== undefined) throw new Error(`${shown}, and ${between} has changed it`);
}

function checkCommits({ servers, acknowledged, refused, hasFailedOver }: Check): void {
  const { changes } = servers.primary.data;
  const ids = new Set<string>();
  for (const { id, tid } of changes) {
    if (ids.has(id.slice(0, 16))) throw new Error(`commit ${tid} was made twice`);
    ids.add(id.slice(0, 16));
  }
  for (const id of refused) if (ids.has(id)) throw new Error(`commit ${id} was made, and refused`);
  if (hasFailedOver) return;
  for (const { id, tid } of acknowledged)
    if (!ids.has(id)) throw new Error(`commit ${tid} was acknowledged, and is lost`);
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}
