import { readdirSync } from 'node:fs';
import { LeaseholdError } from '../base/errors.ts';
import { open } from '../environment/open.ts';
import { folderOf, PROCESS } from './cache-folder.ts';
import { isSameOlder, NUMBER_BYTES } from './cache-keys.ts';
import type { CacheMeta } from './cache-meta.ts';
import { CacheTables } from './cache-tables.ts';
import { isBefore } from './positions.ts';
import { decodeState, HEAD_BYTES, type StoredState } from './state-record.ts';

/** What a cache has. */
export interface CacheStat {
  readonly storeId: string | null;
  /** The commit up to which it was told everything. */
  readonly at: number;
  /** Keys with a state, and states of them before the newest one. */
  readonly states: number;
  readonly older: number;
  /** Ranges that are known whole. */
  readonly spans: number;
  /** What its pages take, and its file. */
  readonly bytes: number;
  readonly fileSize: number;
  /** How many processes use it, or have died without closing it. */
  readonly processes: number;
}

/** `ENOENT` if there is no cache in a folder. */
export function cacheStat(path: string): CacheStat {
  return withCache(path, (tables, folder) => {
    const meta = tables.meta();
    return {
      storeId: meta?.storeId ?? null,
      at: meta?.at ?? 0,
      states: tables.states.count(),
      older: tables.older.count(),
      spans: tables.spans.count(),
      bytes: tables.bytes(),
      fileSize: tables.env.info().fileSize,
      processes: readdirSync(folder).filter((name) => name.startsWith(PROCESS)).length,
    };
  });
}

/** Drops all states of a cache, and gives how many keys had one. Processes that use it go on, and fill it again. */
export function clearCache(path: string): number {
  return withCache(path, (tables) =>
    tables.env.write(() => {
      const count = tables.states.count();
      tables.eviction.begin();
      tables.clear();
      tables.eviction.end();
      return count;
    }),
  );
}

/** What is wrong in a cache, a line for each mistake, at most `most`. None of it can come from a process that was killed. */
export function verifyCache(path: string, most: number): string[] {
  return withCache(path, (tables) =>
    tables.env.read(() => {
      const found: string[] = [];
      const tell = (text: string): void => {
        if (found.length < most) found.push(text);
      };
      const meta = tables.meta();
      if (meta === undefined) return tables.states.count() === 0 ? [] : ['there are states of no store'];
      verifyStates(tables, meta, tell);
      verifyOlder(tables, tell);
      verifySpans(tables, meta, tell);
      return found;
    }),
  );
}

function verifyStates({ states, openStates }: CacheTables, { at }: CacheMeta, tell: (text: string) => void): void {
  states.scan(undefined, ({ key, value }) => {
    const stored = key.toBuffer();
    const record = value.toBuffer();
    const wrong =
      record.length < HEAD_BYTES || stored.length < NUMBER_BYTES ? 'is too short' : problem(decodeState(record), at);
    if (wrong !== undefined) tell(`the state of ${stored.toString('hex')} in ${openStates.name} ${wrong}`);
  });
}

function problem({ tid, next }: StoredState, at: number): string | undefined {
  if (tid > at) return `is of commit ${tid}, and the cache was told only ${at}`;
  if (next !== undefined && next <= tid) return `ends with commit ${next}, before it begins`;
  return undefined;
}

/** Newest first: each ends before the one that stands before it begins. */
function verifyOlder({ older }: CacheTables, tell: (text: string) => void): void {
  let before: { key: Uint8Array; tid: number } | undefined;
  older.scan(undefined, ({ key, value }) => {
    const own = new Uint8Array(key.toBuffer());
    const { tid, next, bytes } = decodeState(value.toBuffer());
    const isSame = before !== undefined && isSameOlder(before.key, own);
    const name = Buffer.from(own).toString('hex');
    if (next === undefined) tell(`the older state ${name} has no end`);
    else if (bytes !== undefined && isSame && next > (before as { tid: number }).tid) {
      tell(`the older state ${name} ends after the next one begins`);
    }
    before = { key: own, tid };
  });
}

function verifySpans({ spans }: CacheTables, { epoch, at }: CacheMeta, tell: (text: string) => void): void {
  let end: { number: number; to: Uint8Array | undefined } | undefined;
  for (const { number, span } of spans.all()) {
    if (span.epoch !== epoch) continue;
    const name = Buffer.from(span.from).toString('hex');
    if (span.tid > at) tell(`the span from ${name} is of commit ${span.tid}, and the cache was told only ${at}`);
    if (!isBefore(span.from, span.to)) tell(`the span from ${name} ends before it begins`);
    if (end?.number === number && (end.to === undefined || isBefore(span.from, end.to))) {
      tell(`the span from ${name} begins before the one before it ends`);
    }
    end = { number, to: span.to };
  }
}

function withCache<T>(path: string, fn: (tables: CacheTables, folder: string) => T): T {
  const folder = folderOf(path);
  if (folder === undefined) {
    throw new LeaseholdError('ENOENT', `there is no cache in '${path}': give the folder that connect() has as cache`, {
      path,
    });
  }
  const env = open(folder, { durability: 'nosync' });
  try {
    return fn(new CacheTables(env, Number.MAX_SAFE_INTEGER), folder);
  } finally {
    env.close();
  }
}
