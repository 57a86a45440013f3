import { randomBytes } from 'node:crypto';
import type { Engine, EngineRow, Loaded, StateWrite, Tid } from '../../../lib/versions/engine/engine.ts';
import { reach } from './two-objects.mjs';

/** A store that engines read and write. */
export interface EngineStore {
  /** The path of the store, for tests that open it in another process. */
  readonly path: string;
  /** False: its values expire, and nothing can be added to a number. */
  readonly adds?: boolean;
  makeCollection(name: string): Promise<void>;
  /** Deletes everything in a collection, in one commit. */
  clearCollection(name: string): Promise<void>;
  /** Puts keys into `items`, each in a separate commit, so that an engine is told several commits at once. */
  putApart(keys: readonly string[], value: string): Promise<void>;
  /** Opens another engine on the store, as another client would. */
  open(): Promise<Engine>;
  /** Closes all engines. */
  close(): Promise<void>;
}

export const all = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };
export const keyOf = (text: string): Uint8Array => Buffer.from(text);
export const put = (key: string, value: string, collection = 'items'): StateWrite => ({
  collection,
  key: keyOf(key),
  bytes: Buffer.from(value),
});
export const del = (key: string, collection = 'items'): StateWrite => ({
  collection,
  key: keyOf(key),
  bytes: undefined,
});
export const shown = ({ tid, next, bytes }: Loaded): [Tid, Tid | undefined, string | undefined] => [
  tid,
  next,
  textOf(bytes),
];
export const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

export async function loadAll(
  engine: Engine,
  keys: readonly string[],
  at: Tid,
  collection = 'items',
): Promise<Loaded[]> {
  const loaded = new Map<string | undefined, Loaded>();
  const wanted = keys.map((key) => ({ collection, key: keyOf(key) }));
  await engine.load(wanted, at, (state) => void loaded.set(textOf(state.key), state));
  return keys.map((key) => loaded.get(key) as Loaded);
}

export async function rowsOf(engine: Engine, bounds: object, at: Tid, credit: number): Promise<EngineRow[]> {
  const rows: EngineRow[] = [];
  await engine.range('items', { ...all, ...bounds }, at, credit, (batch) => {
    rows.push(...batch.rows);
    if (batch.complete !== undefined && textOf(batch.complete) !== textOf(rows.at(-1)?.key)) {
      throw new Error('a batch ends elsewhere');
    }
  });
  return rows;
}

/** Commits writes without conditions, and waits until the engine has told them. */
export async function commit(engine: Engine, ...writes: StateWrite[]): Promise<Tid> {
  const base = engine.processed();
  const answer = await engine.commit({ commitId: randomBytes(16), base, reads: [], ranges: [], writes });
  const { tid } = answer as { tid: Tid };
  await reach(engine, tid);
  return tid;
}
