import { OBJECTS } from '../../catalog/own-collections.ts';
import { ID_BYTES, idBytes, putId } from '../../key/object-id.ts';
import { CONTROL_ROWS, VALUE_LARGE, VALUE_NONE } from '../../native/constants.ts';
import { answered, control, native } from '../../native/native.ts';
import type { Loaded, Tid } from '../../versions/engine/engine.ts';
import type { EnvironmentEngine } from '../../versions/engine/environment-engine.ts';
import { u32At, u64At } from '../../wire/payload.ts';

/** How many objects are read at once, and how many bytes their states have, at most. */
export const MOST_READ = 256;
const ROOM = 16 * 1024;

/** A key as `native.answerMany` takes it: behind its length. */
const KEY_BYTES = 4 + ID_BYTES;
/** What stands before a value in what it writes: u64 tid, u64 next, u32 length. */
const STATE_HEAD = 20;

/** Reads the records of objects for a server: many with one call of native code, where it can. */
export class ObjectReader {
  readonly #engine: EnvironmentEngine;
  readonly #keys = new Uint8Array(MOST_READ * KEY_BYTES);

  constructor(engine: EnvironmentEngine) {
    this.#engine = engine;
    for (let i = 0; i < MOST_READ; i++) this.#keys[i * KEY_BYTES] = ID_BYTES;
  }

  /**
   * The states of the first ones of up to MOST_READ objects, one at least, as of a commit. A large one is lent: see `EnvironmentEngine.lend`. `ERR_SNAPSHOT_LOST`.
   */
  read(ids: readonly number[], at: Tid): Loaded[] {
    const states = ids.length > 1 ? this.#readTogether(ids, at) : [];
    if (states.length === 0) states.push(this.#readAlone(ids[0] as number, at));
    return states;
  }

  #readAlone(id: number, at: Tid): Loaded {
    return this.#engine.lend({ collection: OBJECTS, key: idBytes(id) }, at);
  }

  /** Gives those before the first one that native code does not give, which is a large one, or an absent one. */
  #readTogether(ids: readonly number[], at: Tid): Loaded[] {
    const snapshot = this.#engine.snapshotOf(at);
    const collection = snapshot?.idOf(OBJECTS) ?? -1;
    if (snapshot === undefined || collection < 0) return [];
    const keys = this.#keys;
    for (let i = 0; i < ids.length; i++) putId(keys, i * KEY_BYTES + 4, ids[i] as number);
    // The states are parts of it.
    const memory = Buffer.allocUnsafeSlow(ROOM);
    const { handle } = snapshot;
    const { absentSince } = this.#engine;
    const length = ids.length * KEY_BYTES;
    answered(native.answerMany(handle, collection, at, absentSince, keys, 0, length, ids.length, memory, 0));
    return statesIn(memory, ids, control[CONTROL_ROWS] as number);
  }
}

function statesIn(memory: Uint8Array, ids: readonly number[], count: number): Loaded[] {
  const states: Loaded[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    const length = u32At(memory, at + STATE_HEAD - 4);
    if (length === VALUE_LARGE) break;
    const begin = at + STATE_HEAD;
    at = length === VALUE_NONE ? begin : begin + length;
    states.push({
      collection: OBJECTS,
      key: idBytes(ids[i] as number),
      tid: u64At(memory, begin - STATE_HEAD),
      next: u64At(memory, begin - STATE_HEAD + 8) || undefined,
      bytes: length === VALUE_NONE ? undefined : memory.subarray(begin, at),
    });
  }
  return states;
}
