import { bytesToHex } from '../base/hex.ts';
import type { StateKey, Tid } from '../versions/engine/engine.ts';
import type { Answer } from './answer.ts';
import type { Collections } from './collections.ts';
import type { Statement } from './sql/statement.ts';
import type { Statements } from './sql/statements.ts';

export interface NewestSource {
  readonly statements: Statements;
  /** It knows the numbers of the collections of the keys. */
  readonly collections: Collections;
  readonly ask: (statement: Statement, values: readonly unknown[]) => Promise<Answer>;
}

/** Takes the newest state of a key: the newest commit of the server, the commit that wrote the key, null if it is absent, its value or the id of its pieces. */
export type TakeNewest = (
  key: StateKey,
  head: Tid,
  tid: Tid | null,
  value: Uint8Array | null,
  large: string | null,
) => void;

/** Longer values are not put together with others. */
const MOST_SMALL_BYTES = 8192;

/** Asks for the newest states of some keys, by the statement that takes least. */
export async function newestStates(source: NewestSource, keys: readonly StateKey[], take: TakeNewest): Promise<void> {
  const { collections, statements, ask } = source;
  const [first] = keys as readonly [StateKey];
  if (keys.length === 1) {
    const { head, more, rows } = await ask(statements.loadOne, [collections.known(first.collection), first.key]);
    const [tid, large] = more;
    const value = rows[0]?.[1] as Uint8Array | null;
    take(first, head, tid === undefined ? null : Number(tid), value, large ?? null);
    return;
  }
  if (keys.every(({ collection }) => collection === first.collection)) return newestOfOne(source, keys, take);
  return newestOfEach(source, keys, take);
}

/** The same, of keys of any collections, and values of any size. */
async function newestOfEach(
  { collections, statements, ask }: NewestSource,
  keys: readonly StateKey[],
  take: TakeNewest,
): Promise<void> {
  const numbers = keys.map(({ collection }) => collections.known(collection));
  const { head, rows } = await ask(statements.load, [numbers, keys.map(({ key }) => key)]);
  for (const row of rows) {
    const [, place, tid, value, large] = row as [unknown, number, Tid | null, Uint8Array | null, string | null];
    take(keys[place - 1] as StateKey, head, tid, value, large);
  }
}

/** The states that are there of keys of one collection, put together; null if there are none. */
type KeysRow = readonly [
  says: string,
  keys: string | null,
  keySizes: number[] | null,
  tids: Tid[] | null,
  sizes: number[] | null,
  values: Uint8Array | null,
];

/** The same for keys of one collection. The server gives those that are there, in an order of its own. */
async function newestOfOne(source: NewestSource, keys: readonly StateKey[], take: TakeNewest): Promise<void> {
  const { statements, collections, ask } = source;
  const missing = new Map<string, StateKey>();
  // Keys that stand there twice, and values that are not small.
  const others: StateKey[] = [];
  for (const key of keys) {
    const text = bytesToHex(key.key, 0, key.key.length);
    if (missing.has(text)) others.push(key);
    else missing.set(text, key);
  }
  const { collection } = keys[0] as StateKey;
  const values = [collections.known(collection), arrayText(missing.keys()), MOST_SMALL_BYTES];
  const { head, rows } = await ask(statements.loadKeys, values);
  const [, texts, keySizes, tids, sizes, all] = rows[0] as KeysRow;
  let [keyAt, valueAt] = [0, 0];
  for (let i = 0; i < (tids?.length ?? 0); i++) {
    const end = keyAt + 2 * (keySizes?.[i] as number);
    const text = (texts as string).slice(keyAt, end);
    keyAt = end;
    const key = missing.get(text) as StateKey;
    missing.delete(text);
    const size = sizes?.[i] as number;
    if (size < 0) others.push(key);
    // A copy: what is kept of one value does not keep all others.
    else take(key, head, tids?.[i] as Tid, all?.slice(valueAt, valueAt + size) ?? new Uint8Array(0), null);
    valueAt += Math.max(0, size);
  }
  for (const key of missing.values()) take(key, head, null, null, null);
  if (others.length > 0) await newestOfEach(source, others, take);
}

/** An array of bytes as PostgreSQL reads it, from their texts. */
function arrayText(texts: Iterable<string>): string {
  return `{"${[...texts].map((text) => `\\\\x${text}`).join('","')}"}`;
}
