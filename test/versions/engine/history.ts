import type { Engine, EngineRow, Loaded, Tid } from '../../../lib/versions/engine/engine.ts';
import { commit, del, type EngineStore, keyOf, loadAll, put, rowsOf, textOf } from './calls.ts';
import { reach } from './two-objects.mjs';

interface Version {
  tid: Tid;
  text: string | undefined;
}

/** The state of every key at every commit. */
class History {
  readonly #of = new Map<string, Version[]>();

  add(key: string, tid: Tid, text: string | undefined): void {
    this.#of.set(key, [...(this.#of.get(key) ?? [{ tid: 0, text: undefined }]), { tid, text }]);
  }

  /** The version of a key as of a commit, and the next commit that changed the key. */
  at(key: string, at: Tid): Version & { next: Tid | undefined } {
    const versions = this.#of.get(key) ?? [{ tid: 0, text: undefined }];
    const index = versions.findLastIndex(({ tid }) => tid <= at);
    return { ...(versions[index] as Version), next: versions[index + 1]?.tid };
  }
}

/**
 * Makes random commits through two engines. Compares what both return as of any commit, including the intervals, with the true history. Throws
 * if something differs.
 */
export async function checkHistory(
  store: EngineStore,
  engines: readonly Engine[],
  steps: number,
  random: (n: number) => number,
): Promise<void> {
  const keys = Array.from({ length: 8 }, (_, i) => `key ${i}`);
  const history = new History();
  const held: { tid: Tid; reader: Engine; release: () => void }[] = [];
  const listening = engines.map(listen);
  for (let step = 0; step < steps; step++) {
    const writer = engines[random(engines.length)] as Engine;
    const changed = new Map(Array.from({ length: 1 + random(3) }, () => [keys[random(8)] as string, random(3)]));
    const tid = writer.processed() + 1;
    const isThere = (key: string) => history.at(key, tid - 1).text !== undefined;
    if (random(12) === 0 && isThere('always')) {
      await store.clearCollection('items');
      for (const key of [...keys, 'always']) if (isThere(key)) history.add(key, tid, undefined);
    } else if (random(8) === 0) {
      const apart = keys.filter(() => random(3) === 0);
      await store.putApart([...apart, 'always'], `${step}`);
      for (const [i, key] of [...apart, 'always'].entries()) history.add(key, tid + i, `${step}`);
      await Promise.all(engines.map((each) => reach(each, tid + apart.length)));
    } else {
      const writes = [...changed].map(([key, kind]) => (kind === 0 ? del(key) : put(key, `${step}`)));
      // Put one key always: deleting only absent keys would not make a commit.
      await commit(writer, ...writes, put('always', `${step}`));
      for (const [key, kind] of changed) {
        if (kind > 0) history.add(key, tid, `${step}`);
        else if (isThere(key)) history.add(key, tid, undefined);
      }
      history.add('always', tid, `${step}`);
    }
    await Promise.all(engines.map((each) => reach(each, tid)));
    for (const check of listening) check();
    const newest = (engines[0] as Engine).processed();
    const reader = engines[random(engines.length)] as Engine;
    if (random(3) === 0) held.push({ tid: newest, reader, release: reader.hold(newest) });
    if (held.length > 6) held.splice(random(6), 1)[0]?.release();
    for (const place of held) await compare(place.reader, place.tid, keys, history, true);
    await compare(reader, 1 + random(newest), keys, history, false);
  }
  for (const { release } of held) release();
}

/** Listens to an engine. Returns a function that throws if a commit was told twice, not at all, or in the wrong order. */
function listen(engine: Engine): () => void {
  let last = engine.processed();
  let wrong: string | undefined;
  engine.onChange(({ tid }) => {
    if (tid !== last + 1 || engine.processed() !== last) {
      wrong ??= `commit ${tid} is told after ${last}, at ${engine.processed()}`;
    }
    last = tid;
  });
  return () => {
    if (wrong !== undefined) throw new Error(wrong);
    if (engine.processed() !== last) throw new Error(`${last} was told, and processed() is ${engine.processed()}`);
  };
}

/** Compares what an engine returns as of a commit. The snapshot may be lost only if nobody holds it. */
async function compare(
  engine: Engine,
  at: Tid,
  keys: readonly string[],
  history: History,
  isHeld: boolean,
): Promise<void> {
  let states: Loaded[];
  let rows: EngineRow[];
  try {
    states = await loadAll(engine, keys, at);
    rows = await rowsOf(engine, { lower: keyOf('key') }, at, 30);
  } catch (error) {
    if (isHeld || (error as { code?: string }).code !== 'ERR_SNAPSHOT_LOST') throw error;
    return;
  }
  for (const [i, key] of keys.entries()) {
    const { tid, next, bytes } = states[i] as Loaded;
    const truth = history.at(key, at);
    // An interval may end earlier than the true one, but not later. It may begin later only if the key is absent.
    const isRight =
      textOf(bytes) === truth.text &&
      (bytes === undefined ? tid >= truth.tid && tid <= at : tid === truth.tid) &&
      (next === undefined ? truth.next === undefined : next > at && next <= (truth.next ?? next));
    if (!isRight) {
      const found = JSON.stringify([tid, next, textOf(bytes)]);
      throw new Error(`as of ${at}, '${key}' is ${found} instead of ${JSON.stringify(truth)}`);
    }
  }
  const there = keys
    .filter((key) => history.at(key, at).text !== undefined)
    .map((key) => [key, history.at(key, at)] as const);
  const found = JSON.stringify(rows.map(({ key, tid, bytes }) => [textOf(key), tid, textOf(bytes)]));
  const wanted = JSON.stringify(there.map(([key, { tid, text }]) => [key, tid, text]));
  if (found !== wanted) throw new Error(`as of ${at}, the range is ${found} instead of ${wanted}`);
}
