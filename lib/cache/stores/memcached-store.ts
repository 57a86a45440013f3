import type { MemcachedItem, MemcachedReply } from './memcached-reply.ts';
import { readMemcachedReply } from './memcached-reply.ts';
import { ReplySocket, type StoreAddress } from './reply-socket.ts';
import { type FoundItem, ITEM_SECONDS, MOST_ITEM, type SharedStore } from './shared-store.ts';

/** A request asks for so many items at most. */
const MOST_NAMES = 100;
const END_OF_LINE = Buffer.from('\r\n');
/** What memcached says of an item for which it has no room. */
const NO_ROOM = /^SERVER_ERROR /;

/** Items in memcached, by its text protocol. */
export class MemcachedStore implements SharedStore {
  readonly mostBytes: number = MOST_ITEM;
  readonly #socket: ReplySocket<MemcachedReply>;

  /** `timeout`: how many ms an answer may take. Nothing is sent before the first request. */
  constructor(address: StoreAddress, timeout: number) {
    this.#socket = new ReplySocket({ address, timeout, read: readMemcachedReply });
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const [item] = await this.#ask('get', [name]);
    return item?.bytes;
  }

  async getMulti(names: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    if (names.length <= MOST_NAMES) return this.#getSome(names);
    const parts: Promise<readonly (Uint8Array | undefined)[]>[] = [];
    for (let at = 0; at < names.length; at += MOST_NAMES) parts.push(this.#getSome(names.slice(at, at + MOST_NAMES)));
    return (await Promise.all(parts)).flat();
  }

  async gets(name: string): Promise<FoundItem | undefined> {
    const [item] = await this.#ask('gets', [name]);
    return item === undefined ? undefined : { bytes: item.bytes, token: item.cas };
  }

  async set(name: string, bytes: Uint8Array): Promise<void> {
    await this.#store(`set ${name} 0 ${ITEM_SECONDS} ${bytes.length}`, bytes);
  }

  add(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.#store(`add ${name} 0 ${ITEM_SECONDS} ${bytes.length}`, bytes);
  }

  cas(name: string, bytes: Uint8Array, token: unknown): Promise<boolean> {
    return this.#store(`cas ${name} 0 ${ITEM_SECONDS} ${bytes.length} ${token}`, bytes);
  }

  async delete(name: string): Promise<void> {
    const reply = await this.#socket.ask(Buffer.from(`delete ${name}\r\n`, 'latin1'));
    if (reply !== 'DELETED' && reply !== 'NOT_FOUND') throw this.#socket.drop(wrong(reply));
  }

  close(): void {
    this.#socket.close();
  }

  async #getSome(names: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    const items = await this.#ask('get', names);
    // It gives them in the order of the names, and leaves out those that it has not.
    let next = 0;
    return names.map((name) => (items[next]?.name === name ? items[next++]?.bytes : undefined));
  }

  async #ask(command: 'get' | 'gets', names: readonly string[]): Promise<readonly MemcachedItem[]> {
    if (names.length === 0) return [];
    const reply = await this.#socket.ask(Buffer.from(`${command} ${names.join(' ')}\r\n`, 'latin1'));
    if (typeof reply === 'string') throw this.#socket.drop(wrong(reply));
    return reply;
  }

  async #store(line: string, bytes: Uint8Array): Promise<boolean> {
    const reply = await this.#socket.ask(Buffer.from(`${line}\r\n`, 'latin1'), bytes, END_OF_LINE);
    if (reply === 'STORED') return true;
    const isRefused = reply === 'NOT_STORED' || reply === 'EXISTS' || reply === 'NOT_FOUND';
    if (isRefused || (typeof reply === 'string' && NO_ROOM.test(reply))) return false;
    throw this.#socket.drop(wrong(reply));
  }
}

function wrong(reply: MemcachedReply): Error {
  return new Error(`memcached has answered ${typeof reply === 'string' ? `'${reply}'` : 'with items'}`);
}
