import type { Tid } from '../../versions/engine/engine.ts';

/** A commit, with what tells its history from all others: two stores that agree on both have the same history up to it. */
export interface Point {
  readonly tid: Tid;
  readonly nonce: string;
}

/** The two commits on which the processes that share a cache agree. States as of them are in the cache, as far as it has not forgotten them. */
export interface Checkpoints {
  /** The newer one: what has not changed since is asked for as of this commit. */
  readonly c0: Point;
  /** The older one, or the same: it was `c0` before. */
  readonly c1: Point;
}

export function isSamePoint(a: Point, b: Point): boolean {
  return a.tid === b.tid && a.nonce === b.nonce;
}

export function isSameCheckpoints(a: Checkpoints, b: Checkpoints): boolean {
  return isSamePoint(a.c0, b.c0) && isSamePoint(a.c1, b.c1);
}

export function encodeCheckpoints({ c0, c1 }: Checkpoints): Uint8Array {
  return Buffer.from(JSON.stringify([c0.tid, c0.nonce, c1.tid, c1.nonce]));
}

/** Undefined if the bytes stand for none: a cache may give anything. */
export function decodeCheckpoints(bytes: Uint8Array): Checkpoints | undefined {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(read)) return undefined;
  const [tid0, nonce0, tid1, nonce1] = read as unknown[];
  const c0 = pointOf(tid0, nonce0);
  const c1 = pointOf(tid1, nonce1);
  return c0 === undefined || c1 === undefined || c1.tid > c0.tid ? undefined : { c0, c1 };
}

function pointOf(tid: unknown, nonce: unknown): Point | undefined {
  if (typeof nonce !== 'string' || !Number.isSafeInteger(tid) || (tid as number) < 0) return undefined;
  return { tid: tid as Tid, nonce };
}
