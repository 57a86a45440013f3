import { bytesToHex } from '../base/hex.ts';
import type { StateKey, Tid } from '../versions/engine/engine.ts';
import type { Collections } from './collections.ts';
import type { SqlRow } from './connection/sql-client.ts';
import type { Statement } from './sql/statement.ts';
import type { Statements } from './sql/statements.ts';

export interface NewestSource {
  readonly statements: Statements;
  /** It knows the numbers of the collections of the keys. */
  readonly collections: Collections;
  readonly ask: (statement: Statement, values: readonly unknown[]) => Promise<readonly SqlRow[]>;
}

/** Takes the newest state of a key: the newest commit of the server, the commit that wrote the key, null if it is absent, its value or the id of its pieces. */
export type TakeNewest = (
  key: StateKey,
  head: Tid,
  tid: Tid | null,
  value: Uint8Array | null,
  large: string | null,
) => void;

/** The newest commit, the oldest one that can be read, a nonce, which key, and what `TakeNewest` takes. */
type NewestRow = readonly [
  head: Tid,
  history: Tid,
  nonce: string | null,
  key: string | number,
  tid: Tid | null,
  value: Uint8Array | null,
  large: string | null,
];

/** Asks for the newest states of some keys, by the statement that takes least. */
export async function newestStates(source: NewestSource, keys: readonly StateKey[], take: TakeNewest): Promise<void> {
  const { statements, collections, ask } = source;
  const [first] = keys as readonly [StateKey];
  if (keys.length === 1) {
    const [row] = await ask(statements.loadOne, [collections.known(first.collection), first.key]);
    const [head, , , , tid, value, large] = row as unknown as NewestRow;
    take(first, head, tid, value, large);
    return;
  }
  if (keys.every(({ collection }) => collection === first.collection)) return newestOfOne(source, keys, take);
  const numbers = keys.map(({ collection }) => collections.known(collection));
  for (const row of await ask(statements.load, [numbers, keys.map(({ key }) => key)])) {
    const [head, , , place, tid, value, large] = row as unknown as NewestRow;
    take(keys[(place as number) - 1] as StateKey, head, tid, value, large);
  }
}

/** The same for keys of one collection. The server gives those that are there, in an order of its own. */
async function newestOfOne(source: NewestSource, keys: readonly StateKey[], take: TakeNewest): Promise<void> {
  const { statements, collections, ask } = source;
  const missing = new Map<string, StateKey>();
  // Keys that stood there before.
  const again: StateKey[] = [];
  for (const key of keys) {
    const text = bytesToHex(key.key, 0, key.key.length);
    if (missing.has(text)) again.push(key);
    else missing.set(text, key);
  }
  const { collection } = keys[0] as StateKey;
  const rows = await ask(statements.loadKeys, [collections.known(collection), arrayText(missing.keys())]);
  for (const row of rows) {
    const [head, , , text, tid, value, large] = row as unknown as NewestRow;
    const key = missing.get(text as string);
    // There is one row if no key is there, with nothing in it.
    if (key === undefined) continue;
    missing.delete(text as string);
    take(key, head, tid, value, large);
  }
  const [head] = rows[0] as unknown as NewestRow;
  for (const key of missing.values()) take(key, head, null, null, null);
  if (again.length > 0) await newestStates(source, again, take);
}

/** An array of bytes as PostgreSQL reads it, from their texts. */
function arrayText(texts: Iterable<string>): string {
  return `{"${[...texts].map((text) => `\\\\x${text}`).join('","')}"}`;
}
