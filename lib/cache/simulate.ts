import { aborted } from '../base/abort.ts';
import { nextTurn, now } from '../base/clock.ts';
import { invalidValue, outOfRange } from '../base/errors.ts';
import { POLICIES } from './policies/policies.ts';
import type { Policy } from './policies/policy.ts';
import { Unbounded } from './policies/unbounded.ts';
import { CHANGE, READ, type TraceBatch } from './trace/trace-batch.ts';

export interface SimulateOptions {
  /** Names of policies; by default all. */
  readonly policies?: readonly string[] | undefined;
  /** Sizes of caches in bytes. */
  readonly sizes: readonly number[];
  readonly signal?: AbortSignal | undefined;
  /** Called a few times a second, with the records so far. */
  readonly onProgress?: ((records: number) => void) | undefined;
}

/** What a trace has. */
export interface TraceSummary {
  /** Requests for objects that there are. */
  requests: number;
  /** Bytes of the objects that were requested. */
  bytes: number;
  /** Commits of the client itself, and those that it was told of, an object each. */
  writes: number;
  changes: number;
  /** Different objects, and their bytes when they were first read or written. */
  objects: number;
  footprint: number;
  /** From the first record to the last, in seconds. */
  seconds: number;
}

/** What a policy did in a cache of one size. */
export interface SimulationResult {
  policy: string;
  /** The size of the cache in bytes; Infinity for a cache without a bound. */
  size: number;
  hits: number;
  hitBytes: number;
  /** Entries that the cache has to write: new ones, and those whose place changed. */
  writes: number;
  /** How many of `writes` hits have caused. */
  hitWrites: number;
  /** Bytes of objects that the cache has to write. */
  bytesWritten: number;
}

export interface Simulation {
  trace: TraceSummary;
  /** For each size, each policy; at the end the cache without a bound. */
  results: SimulationResult[];
}

/** A Map of V8 has no room for more. */
const MOST_OBJECTS = 2 ** 24;
/** How long to work before the event loop may run, and how long between two reports, in ms. */
const TURN = 20;
const REPORT = 250;

/**
 * Runs a trace through caches of every policy and size, all at once: the trace is read one time. A read of an absent object (size 0)
 * is left out. A commit puts the new state into the cache, and a change by another client takes the object out.
 * `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`; `ABORT_ERR`.
 */
export async function simulate(
  trace: AsyncIterable<TraceBatch> | Iterable<TraceBatch>,
  { policies = Object.keys(POLICIES), sizes, signal, onProgress }: SimulateOptions,
): Promise<Simulation> {
  const caches = cachesOf(policies, sizes);
  const reader = new Reader();
  let turnAt = now() + TURN;
  let reportAt = now() + REPORT;
  let records = 0;
  for await (const batch of trace) {
    reader.read(batch);
    for (const cache of caches) {
      run(cache, batch, reader.numbers);
      if (now() < turnAt) continue;
      await nextTurn();
      if (signal?.aborted === true) throw aborted(signal);
      turnAt = now() + TURN;
    }
    records += batch.count;
    if (now() < reportAt) continue;
    onProgress?.(records);
    reportAt = now() + REPORT;
  }
  return { trace: reader.summary, results: caches.map(({ result }) => result) };
}

interface Cache {
  readonly policy: Policy;
  readonly result: SimulationResult;
}

function cachesOf(policies: readonly string[], sizes: readonly number[]): Cache[] {
  const caches: Cache[] = [];
  const add = (name: string, policy: Policy, size: number): void => {
    const zeros = { hits: 0, hitBytes: 0, writes: 0, hitWrites: 0, bytesWritten: 0 };
    caches.push({ policy, result: { policy: name, size, ...zeros } });
  };
  for (const size of sizes) {
    if (!Number.isSafeInteger(size) || size < 4096)
      throw outOfRange('the size of a cache', 'at least 4096 bytes', size);
    for (const name of policies) {
      const Class = Object.hasOwn(POLICIES, name) ? POLICIES[name] : undefined;
      if (Class === undefined) {
        throw invalidValue(`there is no policy '${name}': give all, or some of ${Object.keys(POLICIES).join(', ')}`);
      }
      add(name, new Class(size), size);
    }
  }
  add('unbounded', new Unbounded(), Number.POSITIVE_INFINITY);
  return caches;
}

function run({ policy, result }: Cache, { count, ops, sizes }: TraceBatch, numbers: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const size = sizes[i] as number;
    const number = numbers[i] as number;
    if (ops[i] !== READ) {
      policy.remove(number);
      if (ops[i] !== CHANGE) policy.access(number, Math.max(1, size));
    } else if (size > 0 && policy.access(number, size)) {
      result.hits++;
      result.hitBytes += size;
    }
  }
  result.writes = policy.writes;
  result.hitWrites = policy.hitWrites;
  result.bytesWritten = policy.bytesWritten;
}

/** Numbers the objects of a trace from 0 on, since maps of small integers are fast, and sums up what the trace has. */
class Reader {
  readonly summary: TraceSummary = {
    requests: 0,
    bytes: 0,
    writes: 0,
    changes: 0,
    objects: 0,
    footprint: 0,
    seconds: 0,
  };
  /** The numbers of the objects of the batch that was read last. */
  numbers: Int32Array = new Int32Array(0);
  readonly #numbers: Map<number, number> = new Map();
  #begin: number | undefined;

  read({ count, ops, keys, sizes, times }: TraceBatch): void {
    if (this.numbers.length < count) this.numbers = new Int32Array(count);
    const { summary } = this;
    for (let i = 0; i < count; i++) {
      const size = sizes[i] as number;
      this.numbers[i] = this.#numberOf(keys[i] as number, size);
      if (ops[i] === READ) {
        if (size > 0) summary.requests++;
        summary.bytes += size;
      } else if (ops[i] === CHANGE) summary.changes++;
      else summary.writes++;
    }
    this.#begin ??= times[0] as number;
    summary.seconds = ((times[count - 1] as number) - this.#begin) / 1000;
  }

  #numberOf(key: number, size: number): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#numbers.size;
      if (number === MOST_OBJECTS)
        throw invalidValue(`the trace has more than ${MOST_OBJECTS} objects: take a sample of it`);
      this.#numbers.set(key, number);
      this.summary.objects++;
      this.summary.footprint += size;
    }
    return number;
  }
}
