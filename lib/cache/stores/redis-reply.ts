import { latin1Slice } from '../../base/platform.ts';
import type { ReadReply } from './reply-socket.ts';
import { MOST_ITEM } from './shared-store.ts';

/** An error that the server has answered. The connection goes on. */
export class RedisError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** An answer of Redis: bytes, null for what is absent, a number, a line, an error, or a list. */
export type RedisReply = Uint8Array | null | number | string | RedisError | readonly RedisReply[];

const LONGEST_LINE = 2048;
const NEWLINE = 10;
const RETURN = 13;
const MOST_IN_LIST = 100_000;
const DEEPEST = 2;

type Read = { readonly reply: RedisReply; readonly end: number } | { readonly needs: number };

/** Reads an answer in the form RESP2. Throws if it is none. */
export function readRedisReply(bytes: Buffer): ReadReply<RedisReply> {
  return readAt(bytes, 0, 0);
}

function readAt(bytes: Buffer, at: number, depth: number): Read {
  const newline = bytes.indexOf(NEWLINE, at);
  if (newline < 0) {
    if (bytes.length - at > LONGEST_LINE) throw new Error('Redis has answered a line without an end');
    return { needs: bytes.length + 1 };
  }
  if (newline <= at + 1 || bytes[newline - 1] !== RETURN || newline - at > LONGEST_LINE) throw noAnswer();
  const text = latin1Slice(bytes, at + 1, newline - 1);
  const after = newline + 1;
  switch (String.fromCharCode(bytes[at] as number)) {
    case '+':
      return { reply: text, end: after };
    case '-':
      return { reply: new RedisError(`Redis has answered '${text}'`), end: after };
    case ':':
      return { reply: numberOf(text, Number.MAX_SAFE_INTEGER), end: after };
    case '$':
      return readBytes(bytes, after, numberOf(text, 2 * MOST_ITEM));
    case '*':
      return readList(bytes, after, numberOf(text, MOST_IN_LIST), depth);
    default:
      throw noAnswer();
  }
}

function readBytes(bytes: Buffer, at: number, length: number): Read {
  if (length < 0) return { reply: null, end: at };
  const end = at + length;
  if (bytes.length < end + 2) return { needs: end + 2 };
  if (bytes[end] !== RETURN || bytes[end + 1] !== NEWLINE) throw noAnswer();
  return { reply: Uint8Array.prototype.slice.call(bytes, at, end), end: end + 2 };
}

function readList(bytes: Buffer, at: number, length: number, depth: number): Read {
  if (length < 0) return { reply: null, end: at };
  if (depth >= DEEPEST) throw noAnswer();
  const replies: RedisReply[] = [];
  let end = at;
  while (replies.length < length) {
    const read = readAt(bytes, end, depth + 1);
    if ('needs' in read) return read;
    replies.push(read.reply);
    end = read.end;
  }
  return { reply: replies, end };
}

function numberOf(text: string, most: number): number {
  const number = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= -most && number <= most)) throw noAnswer();
  return number;
}

function noAnswer(): Error {
  return new Error('Redis has answered what is no answer');
}
