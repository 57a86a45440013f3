import { CHANGES } from '../../lib/catalog/own-collections.ts';
import { Collection } from '../../lib/environment/collection.ts';
import { bytes, type Environment, type Key, type Value } from '../../lib/index.ts';
import { keyBytes } from '../../lib/key/key-bytes.ts';
import { native } from '../../lib/native/native.ts';
import { OpenCollection } from '../../lib/read/open-collection.ts';
import { EnvironmentState } from '../../lib/transaction/environment-state.ts';
import { readNewest } from '../../lib/transaction/read-newest.ts';
import { type Changed, type Commit, readCommit } from '../docs/format-reader.ts';

/** The log of changes of a database, as docs/format.md describes it. Checks that its tids come one after the other. */
export function changeLog(path: string): { storeId: string; commits: Map<number, Commit> } {
  const [store, ...records] = logEntries(path);
  if (store?.[0] !== 0 || store[1].length !== 17 || store[1][0] !== 1) throw new Error('no record of the store');
  const commits = new Map<number, Commit>();
  let before: number | undefined;
  for (const [tid, record] of records) {
    if (before !== undefined && tid !== before + 1) throw new Error(`tid ${tid} comes behind ${before}`);
    before = tid;
    commits.set(tid, readCommit(record));
  }
  return { storeId: store[1].toString('hex', 1), commits };
}

/** The entries of the collection that has the log, which users cannot open. */
export function logEntries(path: string): [tid: number, record: Buffer][] {
  const environment = new EnvironmentState(path, { durability: 'nosync' });
  try {
    return readNewest(environment, (transaction) => {
      const id = native.findCollection(transaction.handle, CHANGES);
      const log = new Collection(new OpenCollection(environment, CHANGES, id, keyBytes, bytes, 0, false));
      const entries: [number, Buffer][] = [];
      for (const { key, value } of log.range() as unknown as Iterable<{ key: Key; value: Value }>) {
        entries.push([Number(key.toBuffer().readBigUInt64BE()), value.toBuffer()]);
      }
      return entries;
    });
  } finally {
    environment.close();
  }
}

/** What a commit changed in one collection. */
class Changes {
  readonly #changed: Changed | undefined;
  /** In hexadecimal; undefined if only bounds are known. */
  readonly keys: ReadonlySet<string> | undefined;

  constructor({ changed }: Commit, collection: string) {
    this.#changed = changed.find(({ name }) => name === collection);
    const keys = this.#changed === undefined ? [] : 'keys' in this.#changed ? this.#changed.keys : undefined;
    this.keys = keys && new Set(keys.map((key) => key.toString('hex')));
  }

  has(key: Buffer): boolean {
    if (this.keys !== undefined) return this.keys.has(key.toString('hex'));
    const { lower, upper, open } = this.#changed as Exclude<Changed, { keys: unknown }>;
    const below = lower === undefined ? 1 : Buffer.compare(key, lower);
    const above = upper === undefined ? -1 : Buffer.compare(key, upper);
    return (below > 0 || (below === 0 && !open[0])) && (above < 0 || (above === 0 && !open[1]));
  }
}

/**
 * Compares the log with what is in a collection: the commit that wrote a value has its key (V4), and no later commit has a key
 * that has the value of an earlier one (V1). Commits that the log no longer has are not checked. Throws for what is wrong.
 */
export function checkChangeLog(env: Environment, collection: string): void {
  const commits = [...changeLog(env.path).commits].map(([tid, commit]) => ({
    tid,
    changes: new Changes(commit, collection),
  }));
  const newestOf = new Map<string, number>();
  for (const { tid, changes } of commits) for (const key of changes.keys ?? []) newestOf.set(key, tid);
  const last = commits.at(-1)?.tid ?? 0;
  const items = env.collection(collection).as({ key: bytes, value: bytes } as never);
  for (const entry of items.range() as never as Iterable<{ key: { toBuffer(): Buffer }; version: number }>) {
    const key = entry.key.toBuffer();
    const shown = key.toString('hex');
    if (entry.version > last) throw new Error(`version ${entry.version} is beyond the log, which ends with ${last}`);
    const wrote = commits.find(({ tid }) => tid === entry.version);
    if (wrote?.changes.has(key) === false) throw new Error(`commit ${entry.version} does not have the key ${shown}`);
    const newest = newestOf.get(shown) ?? 0;
    if (newest > entry.version) {
      throw new Error(`commit ${newest} has changed the key ${shown}, which has version ${entry.version}`);
    }
  }
}
