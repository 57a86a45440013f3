import { invalidValue, outOfRange } from '../../base/errors.ts';
import { CHANGE, READ, TraceBatch, WRITE } from '../trace/trace-batch.ts';
import { ObjectGraph } from './object-graph.ts';
import { fractionOf, Random, zipfRank } from './random.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

export interface GenerateOptions {
  /** A name of WORKLOADS; by default 'objects'. */
  readonly workload?: string | undefined;
  /** The same seed and options give the same trace. By default 1. */
  readonly seed?: number | undefined;
  /** Records of the trace; by default 1,000,000. */
  readonly requests?: number | undefined;
  /** About how many objects the store has; by default a fifth of `requests`. */
  readonly objects?: number | undefined;
}

/** Sessions that go on at the same time, and objects that a scan reads. */
const SESSIONS = 16;
const SCAN = 2000;
/** All traces begin here, so that they do not depend on the clock: 2026-01-01, in ms since 1970. */
const BEGIN = 1_767_225_600_000;

/** A client that looks at entities. */
interface Session {
  /** Objects that it reads next, the next one last. */
  next: number[];
  seen: number[];
  steps: number;
}

/** Makes a trace. Gives its records in a batch that is used again. `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
export function* generateTrace(options: GenerateOptions = {}): Generator<TraceBatch, void, undefined> {
  const { workload = 'objects', seed = 1, requests = 1_000_000 } = options;
  const { objects = Math.max(100, Math.round(requests / 5)) } = options;
  if (!Object.hasOwn(WORKLOADS, workload)) {
    throw invalidValue(`there is no workload '${workload}': give one of ${Object.keys(WORKLOADS).join(', ')}`);
  }
  if (!Number.isSafeInteger(requests) || requests < 1)
    throw outOfRange('requests', 'an integer of at least 1', requests);
  if (!Number.isSafeInteger(objects) || objects < 100 || objects > 2 ** 31) {
    throw outOfRange('objects', 'an integer from 100 to 2147483648', objects);
  }
  const generator = new Program(WORKLOADS[workload] as Workload, seed, objects);
  const batch = new TraceBatch();
  for (let i = 0; i < requests; i++) {
    generator.step(batch);
    if (!batch.isFull && i + 1 < requests) continue;
    yield batch;
    batch.count = 0;
  }
}

/** A program that uses a store, and whose requests are recorded. */
class Program {
  readonly #workload: Workload;
  readonly #graph: ObjectGraph;
  readonly #random: Random;
  readonly #seed: number;
  readonly #sessions: Session[];
  /** What a scan reads next, and where it ends. */
  #scanAt = 0;
  #scanEnd = 0;
  /** Changes that clients still have to be told of: objects. */
  #changed: number[] = [];
  #time = BEGIN;
  #tid = 1;
  #count = 0;

  constructor(workload: Workload, seed: number, objects: number) {
    this.#workload = workload;
    this.#seed = seed;
    this.#graph = new ObjectGraph(objects, seed);
    this.#random = new Random(seed);
    this.#sessions = Array.from({ length: SESSIONS }, () => ({ next: [], seen: [], steps: 0 }));
  }

  /** Adds a record. */
  step(batch: TraceBatch): void {
    const random = this.#random;
    this.#count++;
    this.#time += random.below(4);
    const changed = this.#changed.pop();
    if (changed !== undefined) {
      // Half of the commits are those of the client that records.
      const isOwn = fractionOf(this.#tid, this.#seed) < 0.5;
      batch.push(isOwn ? WRITE : CHANGE, changed, isOwn ? this.#graph.sizeOf(changed) : 0, this.#tid, this.#time);
      return;
    }
    const object = random.next() < this.#workload.scans ? this.#scanned() : this.#visited();
    batch.push(READ, object, this.#graph.sizeOf(object), this.#tid, this.#time);
  }

  /** The next object of a scan. */
  #scanned(): number {
    if (this.#scanAt >= this.#scanEnd) {
      const entity = this.#random.below(this.#graph.entities);
      this.#scanAt = entity;
      this.#scanEnd = Math.min(this.#graph.entities, entity + SCAN);
    }
    return this.#graph.objectsOf(this.#scanAt++)[0] as number;
  }

  /** The next object of some session. */
  #visited(): number {
    const session = this.#sessions[this.#random.below(SESSIONS)] as Session;
    if (session.next.length === 0) this.#go(session);
    return session.next.pop() as number;
  }

  /** A session goes to an entity. */
  #go(session: Session): void {
    const { again, steps, depth, changes } = this.#workload;
    const random = this.#random;
    if (session.steps-- <= 0) {
      session.seen = [];
      session.steps = 1 + random.below(2 * steps);
    }
    const isAgain = session.seen.length > 0 && random.next() < again;
    const entity = isAgain ? (session.seen[random.below(session.seen.length)] as number) : this.#entity();
    if (!isAgain) session.seen.push(entity);
    const objects = this.#graph.objectsOf(entity);
    const read = Math.max(1, Math.ceil(objects.length * Math.min(1, depth * 2 * random.next())));
    const path = isAgain ? [] : this.#graph.pathTo(entity);
    session.next = [...path, ...objects.slice(0, read)].reverse();
    if (random.next() >= changes) return;
    this.#tid++;
    this.#changed.push(objects[random.below(read)] as number);
  }

  /** An entity by Zipf's law. Every rank belongs to another entity after some time, each at a moment of its own. */
  #entity(): number {
    const { exponent, drift } = this.#workload;
    const { entities } = this.#graph;
    const rank = zipfRank(this.#random.next(), entities, exponent);
    const era = Math.floor(this.#count / (drift * entities) + fractionOf(rank, this.#seed + 4));
    return Math.floor(fractionOf(rank + era * 0x10001, this.#seed + 5) * entities);
  }
}
