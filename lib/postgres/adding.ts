import { LeaseholdError } from '../base/errors.ts';
import { NUMBER_AT } from '../native/constants.ts';
import { compareKeys } from '../versions/byte-range.ts';
import type {
  CommitRequest,
  EngineConflict,
  Loaded,
  ReadState,
  StateKey,
  StateWrite,
  Tid,
} from '../versions/engine/engine.ts';
import { keyName } from './change-rows.ts';
import type { PreparedCommit } from './commit.ts';

type Answer = { readonly tid: Tid } | readonly EngineConflict[];

export interface AddingEngine {
  /** The states of keys, as of the newest commit that was told; with `isAgain`, of the newest one there is. */
  newest(keys: readonly StateKey[], take: (state: Loaded) => void, isAgain: boolean): Promise<void>;
  commit(request: PreparedCommit): Promise<Answer>;
}

const MOST_TRIES = 100;
/** See docs/format.md: a row of a persistent collection that is a number. */
const NUMBER_ROW_BYTES = NUMBER_AT + 8 + 4;

/**
 * Commits that add to numbers. The server knows no numbers: the sum is made here, and committed if what it was made of is still there; otherwise it is made again. Such commits
 * of one process wait for each other.
 */
export class Adding {
  #last: Promise<unknown> = Promise.resolve();

  /** See `StateWrite.adds`. `hasTurn`: others wait for it, so it waits for none. `ERR_CODEC`, `ERR_BUSY` if others change the same numbers all the time. */
  commit(request: CommitRequest, hasTurn: boolean, engine: AddingEngine): Promise<Answer> {
    if (hasTurn) return this.#commit(request, engine);
    const commit = this.#last.then(() => this.#commit(request, engine));
    this.#last = commit.catch(() => {});
    return commit;
  }

  async #commit(request: CommitRequest, engine: AddingEngine): Promise<Answer> {
    const adds = request.writes.filter((write) => write.adds === true);
    const others = request.writes.filter((write) => write.adds !== true);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { reads, writes } = await sums(adds, others, engine, tries > 0);
      const answer = await engine.commit({
        ...request,
        reads: [...request.reads, ...reads],
        writes: [...others, ...writes],
      });
      if ('tid' in answer) return answer;
      const own = answer.filter((conflict) => !('key' in conflict) || isAmong(conflict, request.reads));
      if (own.length > 0) return own;
    }
    throw new LeaseholdError(
      'ERR_BUSY',
      `others have changed the numbers to which a commit adds ${MOST_TRIES} times: try again later`,
    );
  }
}

/** The numbers to write, and what they were made of. */
async function sums(
  adds: readonly StateWrite[],
  others: readonly StateWrite[],
  engine: AddingEngine,
  isAgain: boolean,
): Promise<{ reads: ReadState[]; writes: StateWrite[] }> {
  const found = new Map<string, Loaded>();
  await engine.newest(adds, (state) => void found.set(keyName(state.collection, state.key), state), isAgain);
  const written = new Map<string, Uint8Array | undefined>();
  for (const { collection, key, bytes } of others) written.set(keyName(collection, key), bytes);
  const reads: ReadState[] = [];
  const writes = new Map<string, StateWrite>();
  for (const { collection, key, bytes } of adds) {
    const name = keyName(collection, key);
    const state = found.get(name) as Loaded;
    const before = writes.has(name) ? writes.get(name)?.bytes : written.has(name) ? written.get(name) : state.bytes;
    const sum = numberIn(bytes as Uint8Array) + (before === undefined ? 0 : numberIn(before));
    if (!writes.has(name)) reads.push({ collection, key, tid: state.bytes === undefined ? 0 : state.tid });
    writes.set(name, { collection, key, bytes: rowOf(sum) });
  }
  return { reads, writes: [...writes.values()] };
}

function isAmong({ collection, key }: StateKey, reads: readonly ReadState[]): boolean {
  return reads.some((read) => read.collection === collection && compareKeys(read.key, key) === 0);
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

function numberIn(row: Uint8Array): number {
  if (row.length !== NUMBER_ROW_BYTES || row[0] !== NUMBER) {
    throw new LeaseholdError('ERR_CODEC', 'a commit adds to a number, and what is stored is none');
  }
  return viewOf(row).getFloat64(NUMBER_AT);
}

function rowOf(number: number): Uint8Array {
  const row = new Uint8Array(NUMBER_ROW_BYTES);
  row[0] = NUMBER;
  viewOf(row).setFloat64(NUMBER_AT, number);
  return row;
}

/** The first byte of an encoded number. */
const NUMBER = 4;
