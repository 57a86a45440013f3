import { checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { invalidType, invalidValue } from '../base/errors.ts';
import { type Address, parseAddress } from '../wire/address.ts';
import { DEFAULT_LIMITS } from '../wire/protocol.ts';
import type { Transport } from '../wire/transport.ts';
import { connectBackend, connectPostgresBackend, dial, openFolder, readHostOptions } from './host.ts';
import type { HostOptions, ReadHostOptions } from './host-options.ts';
import type { ConnectionState } from './remote/link.ts';
import { Store, setStoreState } from './store.ts';

export interface ConnectOptions extends HostOptions {
  /** What the server wants to know a client by. */
  readonly token?: string;
  /** How many ms a request waits for a connection, while there is none, before it fails. Default 30,000; Infinity: for ever. */
  readonly timeout?: number;
  /** The most bytes of a value. Default 2 GiB. */
  readonly maxValue?: number;
  /**
   * Whether the server sends persistent objects before they are asked for: those to which what was read refers, by fields that clients have followed as a rule. At most about a fifth of what it
   * sends is of no use. Default false. Not for 'file:'.
   */
  readonly prefetch?: boolean;
}

const OF_POSTGRES = ['replicas', 'flush', 'keepHistory', 'keepChanges'] as const;
const OPTIONS = [
  'token',
  'tls',
  'timeout',
  'maxValue',
  'cache',
  'cacheSize',
  'wait',
  'prefetch',
  'trace',
  ...OF_POSTGRES,
];
const POSTGRES = /^postgres(?:ql)?:/;
const OTHERS = "'file:./shop', 'postgres://host/database', ";
const CONNECT_TIMEOUT = 10_000;

/**
 * Opens a store: `'file:./shop'` in a folder, `'postgres://user@host/database'` in PostgreSQL, `'unix:./shop.sock'`, `'tcp://host:7070'`, `'tls://host:7070'`, `'ws://host:7070'` on a server. Of several addresses, the
 * first one that answers is used; when the connection is lost, the next one. A server that only reads is used while no other one answers: writes fail with
 * `ERR_READ_ONLY` then.
 *
 * `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_DISCONNECTED` if no server answers, `ERR_CERTIFICATE`, `ERR_FORBIDDEN`, `ERR_PROTOCOL` if the versions of client and server
 * do not fit together. With `wait: false`, calls of the store are rejected with these. In a browser, only 'ws:' and 'wss:' are possible, and neither `tls`, `cache` nor `trace`: `ERR_NOT_IN_BROWSER`.
 */
export async function connect(address: string | readonly string[], options: ConnectOptions = {}): Promise<Store> {
  checkObject(options, 'options');
  checkOptionNames(options, OPTIONS, 'connect()');
  const { token, timeout = 30_000, maxValue = DEFAULT_LIMITS.value, prefetch = false } = options;
  if (typeof prefetch !== 'boolean') throw invalidType('prefetch', 'a boolean', prefetch);
  if (token !== undefined && typeof token !== 'string') throw invalidType('token', 'a string', token);
  if (timeout !== Number.POSITIVE_INFINITY) checkSize(timeout, 'timeout', 1, 2 ** 31 - 1);
  checkSize(maxValue, 'maxValue', 1, 2 ** 31 - 1);
  const host = readHostOptions(options);
  checkPostgresOptions(address, options);
  if (typeof address === 'string' && address.startsWith('file:')) return new Store(openFolder(folderOf(address)));
  let state: ConnectionState = 'connected';
  const onState = (now: ConnectionState): void => {
    state = now;
    if (store !== undefined) setStoreState(store, now);
  };
  let store: Store | undefined;
  const given: readonly string[] = Array.isArray(address) ? address : [address];
  if (given.some((each) => typeof each === 'string' && POSTGRES.test(each))) {
    if (token !== undefined)
      throw invalidValue('PostgreSQL takes no token: a user and a password stand in the address');
    if (!given.every((each) => typeof each === 'string' && POSTGRES.test(each)))
      throw invalidValue('the addresses must all be of one kind');
    if (host.wait === false) throw invalidValue('wait: false is for servers, not for PostgreSQL: leave it out');
    store = new Store(await connectPostgresBackend(given, host, { timeout, onState }));
    setStoreState(store, state);
    return store;
  }
  const addresses = given.map((each) => parseAddress(each, OTHERS));
  if (addresses.length === 0) throw invalidValue('there is no address to connect to');
  const backend = await connectBackend(host, {
    dial: dialer(addresses, host),
    places: addresses.length,
    token,
    timeout,
    mostValue: maxValue,
    prefetch,
    onState,
  });
  store = new Store(backend);
  setStoreState(store, state);
  return store;
}

/** `ERR_INVALID_ARG_VALUE` for an option that only a store in PostgreSQL has, of another store. */
function checkPostgresOptions(address: string | readonly string[], options: HostOptions): void {
  const [first] = Array.isArray(address) ? address : [address];
  if (typeof first !== 'string' || POSTGRES.test(first)) return;
  for (const name of OF_POSTGRES) {
    if (options[name] === undefined) continue;
    throw invalidValue(`the option ${name} of connect() is for a store in PostgreSQL: leave it out for '${first}'`);
  }
}

/** Tries each address once, beginning behind the one that answered last: that may take connections and do nothing more. */
function dialer(addresses: readonly Address[], { tls }: ReadHostOptions): () => Promise<Transport> {
  let next = 0;
  return async () => {
    let failure: unknown;
    for (let tried = 0; tried < addresses.length; tried++) {
      const address = addresses[next] as Address;
      next = (next + 1) % addresses.length;
      try {
        return await dial(address, { tls, timeout: CONNECT_TIMEOUT });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}

function folderOf(address: string): string {
  const path = address.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  if (path === '') throw invalidValue("the address 'file:' has no folder: 'file:./shop'");
  return path;
}
