import { lengthOf } from '../lease/sink.ts';
import type {
  Change,
  CommitAnswer,
  CommitRequest,
  Engine,
  EngineBounds,
  FollowRequest,
  FollowTaker,
  GapListener,
  Loaded,
  RowBatch,
  StateKey,
  Tid,
} from '../versions/engine/engine.ts';
import type { PipelineStep } from '../versions/engine/pipeline-step.ts';
import { AnsweredTurns, type RunTurns } from '../versions/turn.ts';
import { CHANGE, READ, WRITE } from './trace/trace-batch.ts';
import type { TraceWriter } from './trace/trace-writer.ts';
import { nameOf } from './young-states.ts';

/** An engine in front of another one that records what is asked: states and rows that were read, commits, and changes by others. */
export class TracedEngine implements Engine {
  readonly #inner: Engine;
  readonly #trace: TraceWriter;
  /** Keys of own commits that are not answered, and own commits whose change has not come back: these are no changes by others. */
  readonly #writing = new Set<string>();
  readonly #own = new Set<Tid>();

  /** The trace belongs to it from now on. */
  constructor(inner: Engine, trace: TraceWriter) {
    this.#inner = inner;
    this.#trace = trace;
    inner.onChange((change) => this.#record(change));
  }

  get storeId(): string {
    return this.#inner.storeId;
  }

  get features(): ReadonlySet<string> {
    return this.#inner.features;
  }

  processed(): Tid {
    return this.#inner.processed();
  }

  load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): void | Promise<void> {
    return this.#inner.load(keys, at, (state) => {
      this.#recordRead(state);
      take(state);
    });
  }

  known(key: StateKey, at: Tid): Loaded | undefined {
    const state = this.#inner.known?.(key, at);
    if (state !== undefined) this.#recordRead(state);
    return state;
  }

  async pipeline(steps: readonly PipelineStep[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    await this.#inner.pipeline?.(steps, at, (state) => {
      this.#recordRead(state);
      take(state);
    });
  }

  /** What of it is read is recorded then. */
  async follow(request: FollowRequest, taker: FollowTaker): Promise<void> {
    await this.#inner.follow?.(request, taker);
  }

  range(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void> {
    return this.#inner.range(collection, bounds, at, credit, (batch) => {
      for (const { key, tid, bytes } of batch.rows) this.#trace.record(READ, collection, key, bytes.length, tid);
      return take(batch);
    });
  }

  hold(at: Tid, answered?: (error: Error | undefined) => void): () => void {
    return this.#inner.hold(at, answered);
  }

  changes(after: Tid): AsyncIterable<Change> {
    return this.#inner.changes(after);
  }

  onChange(fn: (change: Change) => void): () => void {
    return this.#inner.onChange(fn);
  }

  onGap(fn: GapListener): () => void {
    return this.#inner.onGap(fn);
  }

  onEnd(fn: (error: Error | undefined) => void): () => void {
    return this.#inner.onEnd(fn);
  }

  async commit(request: CommitRequest): Promise<CommitAnswer> {
    const names = request.writes.map(nameOf);
    for (const name of names) this.#writing.add(name);
    try {
      const answer = await this.#inner.commit(request);
      if ('tid' in answer && request.writes.length > 0) this.#wrote(request, answer.tid);
      return answer;
    } finally {
      for (const name of names) this.#writing.delete(name);
    }
  }

  turns(): RunTurns {
    return this.#inner.turns?.() ?? new AnsweredTurns();
  }

  claimIds(count: number): Promise<[first: number, last: number]> {
    return this.#inner.claimIds(count);
  }

  async close(): Promise<void> {
    try {
      await this.#inner.close();
    } finally {
      await this.#trace.close();
    }
  }

  #recordRead(state: Loaded): void {
    const { collection, key, tid, lent } = state;
    const size = lent === undefined ? (state.bytes?.length ?? 0) : lengthOf(lent.lease, lent.at, null);
    this.#trace.record(READ, collection, key, size, tid);
  }

  #wrote({ writes }: CommitRequest, tid: Tid): void {
    for (const { collection, key, bytes } of writes) {
      this.#trace.record(bytes === undefined ? CHANGE : WRITE, collection, key, bytes?.length ?? 0, tid);
    }
    if (tid > this.#inner.processed()) this.#own.add(tid);
  }

  /** A range that was cleared has no keys, and is left out. */
  #record({ tid, changes }: Change): void {
    if (this.#own.delete(tid)) return;
    for (const { collection, keys } of changes) {
      for (const key of keys ?? []) {
        if (!this.#writing.has(nameOf({ collection, key }))) this.#trace.record(CHANGE, collection, key, 0, tid);
      }
    }
  }
}
