import { RedisError, type RedisReply, readRedisReply } from './redis-reply.ts';
import { ReplySocket, type StoreAddress } from './reply-socket.ts';
import { type FoundItem, ITEM_SECONDS, MOST_ITEM, type SharedStore } from './shared-store.ts';

/** How to introduce oneself to Redis. */
export interface RedisLogin {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** The number of the database; 0 if it is not given. */
  readonly database?: number | undefined;
}

/** A request asks for so many items at most: an answer that comes in many pieces is read again from its beginning with each. */
const MOST_NAMES = 100;
const SECONDS = String(ITEM_SECONDS);
/** Redis runs a script with nothing in between. */
const REPLACE =
  "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1 end return 0";

/** Items in Redis, or in what speaks its protocol. */
export class RedisStore implements SharedStore {
  readonly mostBytes: number = MOST_ITEM;
  readonly #socket: ReplySocket<RedisReply>;

  /** `timeout`: how many ms an answer may take. Nothing is sent before the first request. */
  constructor(address: StoreAddress, timeout: number, login: RedisLogin = {}) {
    const refusal = (reply: RedisReply) => (reply instanceof RedisError ? reply.message : undefined);
    this.#socket = new ReplySocket({
      address,
      timeout,
      read: readRedisReply,
      greeting: greetingOf(login),
      refusal,
    });
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    return this.#bytesIn(await this.#ask('GET', name));
  }

  async getMulti(names: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    if (names.length <= MOST_NAMES) return this.#getSome(names);
    const parts: Promise<readonly (Uint8Array | undefined)[]>[] = [];
    for (let at = 0; at < names.length; at += MOST_NAMES) parts.push(this.#getSome(names.slice(at, at + MOST_NAMES)));
    return (await Promise.all(parts)).flat();
  }

  async #getSome(names: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    if (names.length === 0) return [];
    const reply = await this.#ask('MGET', ...names);
    if (!Array.isArray(reply) || reply.length !== names.length) throw this.#wrong(reply);
    return (reply as readonly RedisReply[]).map((each) => this.#bytesIn(each));
  }

  async gets(name: string): Promise<FoundItem | undefined> {
    const bytes = await this.get(name);
    return bytes === undefined ? undefined : { bytes, token: bytes };
  }

  async set(name: string, bytes: Uint8Array): Promise<void> {
    const reply = await this.#ask('SET', name, bytes, 'EX', SECONDS);
    if (reply !== 'OK') throw this.#wrong(reply);
  }

  async add(name: string, bytes: Uint8Array): Promise<boolean> {
    const reply = await this.#ask('SET', name, bytes, 'NX', 'EX', SECONDS);
    if (reply !== 'OK' && reply !== null) throw this.#wrong(reply);
    return reply === 'OK';
  }

  async cas(name: string, bytes: Uint8Array, token: unknown): Promise<boolean> {
    const reply = await this.#ask('EVAL', REPLACE, '1', name, token as Uint8Array, bytes, SECONDS);
    if (reply !== 0 && reply !== 1) throw this.#wrong(reply);
    return reply === 1;
  }

  async delete(name: string): Promise<void> {
    const reply = await this.#ask('DEL', name);
    if (typeof reply !== 'number') throw this.#wrong(reply);
  }

  close(): void {
    this.#socket.close();
  }

  #bytesIn(reply: RedisReply): Uint8Array | undefined {
    if (reply === null) return undefined;
    if (!(reply instanceof Uint8Array)) throw this.#wrong(reply);
    return reply;
  }

  #wrong(reply: RedisReply): Error {
    return this.#socket.drop(new Error(`Redis has answered with something else: ${typeof reply}`));
  }

  async #ask(...words: readonly (string | Uint8Array)[]): Promise<RedisReply> {
    const reply = await this.#socket.ask(requestOf(words));
    if (reply instanceof RedisError) throw new Error(reply.message);
    return reply;
  }
}

function greetingOf({ user, password, database = 0 }: RedisLogin): Uint8Array[] {
  const greeting: Uint8Array[] = [];
  if (password !== undefined) greeting.push(requestOf(['AUTH', ...(user === undefined ? [] : [user]), password]));
  if (database !== 0) greeting.push(requestOf(['SELECT', String(database)]));
  return greeting;
}

function requestOf(words: readonly (string | Uint8Array)[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let text = `*${words.length}\r\n`;
  for (const word of words) {
    if (typeof word === 'string') {
      text += `$${Buffer.byteLength(word)}\r\n${word}\r\n`;
    } else {
      pieces.push(Buffer.from(`${text}$${word.length}\r\n`), word);
      text = '\r\n';
    }
  }
  pieces.push(Buffer.from(text));
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
}
