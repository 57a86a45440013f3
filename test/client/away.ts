import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { type ConnectOptions, connect, type Store } from '../../lib/client/index.ts';
import { type Collection, type Environment, json, utf8 } from '../../lib/index.ts';
import { type ServeOptions, type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';

/* Clients that connect with { cache, wait: false }, and may begin while no server answers. */

/** What is closed after each test, the last one first. */
export const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

export function itemsOf(env: Environment): Collection<string, unknown, unknown, unknown> {
  return env.collection('items', { key: utf8, value: json, versions: true }) as never;
}

/** An address, at which a server comes and goes, and the folder of a cache. */
export class Place {
  readonly folder: string = temporaryFolder();
  readonly address: string = `unix:${join(this.folder, 'socket')}`;
  readonly cache: string = join(this.folder, 'cache');
  #server: Server | undefined;

  constructor() {
    closing.push(() => this.stop());
  }

  async start(env: Environment, options: Partial<ServeOptions> = {}): Promise<void> {
    this.#server = await serve(env, { listen: this.address, ...options });
  }

  async stop(): Promise<void> {
    await this.#server?.close({ timeout: 100 });
    this.#server = undefined;
  }

  async connect(options: ConnectOptions = {}): Promise<Store> {
    const store = await connect(this.address, { cache: this.cache, ...options });
    closing.push(() => store.close());
    return store;
  }

  /** A store that begins while nobody answers. */
  async connectAway(options: ConnectOptions = {}): Promise<Store> {
    await this.stop();
    const store = await this.connect({ wait: false, ...options });
    expect(store.state).toBe('disconnected');
    return store;
  }

  /** Fills the cache: what `read` reads is there later. */
  async fill(env: Environment, read: (store: Store) => Promise<unknown>): Promise<void> {
    await this.start(env);
    const store = await this.connect();
    await read(store);
    await store.close();
    await this.stop();
  }
}

export const KEYS: readonly string[] = ['a', 'b', 'none'];

/** A store whose items a and b, and the absent one, are in the cache; c is not. */
export async function filled(): Promise<{ env: Environment; place: Place }> {
  const env = openTemporary();
  for (const key of ['a', 'b', 'c']) itemsOf(env).put(key, 1);
  const place = new Place();
  await place.fill(env, (store) => store.collection('items').getMany(KEYS));
  return { env, place };
}
