import { latin1Slice } from '../../base/platform.ts';
import type { ReadReply } from './reply-socket.ts';
import { MOST_ITEM } from './shared-store.ts';

/** An item of the answer to `gets`. */
export interface MemcachedItem {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly cas: string;
}

/** A line, or the items before the line `END`. */
export type MemcachedReply = string | readonly MemcachedItem[];

const LONGEST_LINE = 2048;
const NEWLINE = 10;
const RETURN = 13;
/** With its name and four numbers. */
const VALUE = /^VALUE (\S{1,250}) \d{1,10} (\d{1,10})(?: (\d{1,20}))?$/;
const LINE =
  /^(?:STORED|NOT_STORED|EXISTS|NOT_FOUND|DELETED|SERVER_ERROR .*|CLIENT_ERROR .*|ERROR|VERSION .*|OK|TOUCHED)$/;

/** Reads an answer of memcached's text protocol. Throws if it is none. */
export function readMemcachedReply(bytes: Buffer): ReadReply<MemcachedReply> {
  const items: MemcachedItem[] = [];
  let at = 0;
  for (;;) {
    const line = lineAt(bytes, at);
    if (line === undefined) return { needs: bytes.length + 1 };
    const after = at + line.length + 2;
    if (line === 'END') return { reply: items, end: after };
    const [, name, length, cas = ''] = VALUE.exec(line) ?? [];
    if (name === undefined) {
      if (at > 0 || !LINE.test(line)) throw new Error(`memcached has answered '${line.slice(0, 80)}'`);
      return { reply: line, end: after };
    }
    const end = after + Number(length);
    // Somebody else's item may be longer, but no item has the name of ours.
    if (Number(length) > 2 * MOST_ITEM) throw new Error(`memcached has an item of ${length} bytes`);
    if (bytes.length < end + 2) return { needs: end + 2 };
    if (bytes[end] !== RETURN || bytes[end + 1] !== NEWLINE) throw new Error('an item of memcached has no end');
    items.push({ name, bytes: Uint8Array.prototype.slice.call(bytes, after, end), cas });
    at = end + 2;
  }
}

/** The line that begins at a place, without its end; undefined if that has not come yet. */
function lineAt(bytes: Buffer, at: number): string | undefined {
  const end = bytes.indexOf(NEWLINE, at);
  if (end < 0) {
    if (bytes.length - at > LONGEST_LINE) throw new Error('memcached has answered a line without an end');
    return undefined;
  }
  if (end === at || bytes[end - 1] !== RETURN || end - at > LONGEST_LINE) {
    throw new Error('memcached has answered what is no line');
  }
  return latin1Slice(bytes, at, end - 1);
}
