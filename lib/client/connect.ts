import type { ConnectionOptions as TlsConnectOptions } from 'node:tls';
import { checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { invalidType, invalidValue } from '../base/errors.ts';
import { DEFAULT_CAPACITY } from '../cache/cache-file.ts';
import { TraceWriter } from '../cache/trace/trace-writer.ts';
import { checkPath } from '../transaction/directory.ts';
import { type Address, parseAddress } from '../wire/address.ts';
import { DEFAULT_LIMITS } from '../wire/protocol.ts';
import type { Transport } from '../wire/transport.ts';
import { LocalBackend } from './local-backend.ts';
import { type CacheOptions, connectCached } from './remote/connect-cached.ts';
import { dial } from './remote/dial.ts';
import { RemoteBackend } from './remote/remote-backend.ts';
import { RemoteEngine } from './remote/remote-engine.ts';
import type { RemoteOptions } from './remote/remote-options.ts';
import { Store } from './store.ts';

export interface ConnectOptions {
  /** What the server wants to know a client by. */
  readonly token?: string;
  /** For 'tls:' and 'wss:': what tls.connect() takes, as `ca`, and `cert` and `key` of a client. */
  readonly tls?: TlsConnectOptions;
  /** How many ms a request waits for a connection, while there is none, before it fails. Default 30,000; Infinity: for ever. */
  readonly timeout?: number;
  /** The most bytes of a value. Default 2 GiB. */
  readonly maxValue?: number;
  /**
   * A folder for a cache, which all programs of this host that connect to the same store can share. What was read once, and was not changed since, is read there,
   * also after a restart. Without it, nothing is cached.
   */
  readonly cache?: string;
  /** About how many bytes of its folder a cache may take. Default 256 MiB. What was not read for long leaves it. */
  readonly cacheSize?: number;
  /**
   * A file that gets a record of each request, for `leasehold cache simulate`: hashes of keys, sizes, commits and times. `%p` in its name becomes the number of the
   * process; a file that is there is continued. Not for 'file:'.
   */
  readonly trace?: string;
}

/** With less, a cache is of no use. */
const LEAST_CACHE = 2 ** 20;
const OPTIONS = ['token', 'tls', 'timeout', 'maxValue', 'cache', 'cacheSize', 'trace'];
const CONNECT_TIMEOUT = 10_000;

/**
 * Opens a store: `'file:./shop'` in a folder, `'unix:./shop.sock'`, `'tcp://host:7070'`, `'tls://host:7070'`, `'ws://host:7070'` on a server. Of several addresses, the
 * first one that answers is used; when the connection is lost, the next one. A server that only reads is used while no other one answers: writes fail with
 * `ERR_READ_ONLY` then.
 *
 * `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_DISCONNECTED` if no server answers, `ERR_CERTIFICATE`, `ERR_FORBIDDEN`, `ERR_PROTOCOL` if the versions of client and server
 * do not fit together.
 */
export async function connect(address: string | readonly string[], options: ConnectOptions = {}): Promise<Store> {
  checkObject(options, 'options');
  checkOptionNames(options, OPTIONS, 'connect()');
  const {
    token,
    tls,
    timeout = 30_000,
    maxValue = DEFAULT_LIMITS.value,
    cache,
    cacheSize = DEFAULT_CAPACITY,
    trace,
  } = options;
  if (token !== undefined && typeof token !== 'string') throw invalidType('token', 'a string', token);
  if (timeout !== Number.POSITIVE_INFINITY) checkSize(timeout, 'timeout', 1, 2 ** 31 - 1);
  checkSize(maxValue, 'maxValue', 1, 2 ** 31 - 1);
  if (cache !== undefined) checkPath(cache);
  if (trace !== undefined) checkPath(trace);
  checkSize(cacheSize, 'cacheSize', LEAST_CACHE, 2 ** 40);
  if (typeof address === 'string' && address.startsWith('file:')) return new Store(new LocalBackend(folderOf(address)));
  const addresses = (Array.isArray(address) ? address : [address]).map((each: string) => parseAddress(each));
  if (addresses.length === 0) throw invalidValue('there is no address to connect to');
  let store: Store | undefined;
  const backend = await connectBackend(cache === undefined ? undefined : { path: cache, size: cacheSize }, trace, {
    dial: dialer(addresses, tls),
    places: addresses.length,
    token,
    timeout,
    mostValue: maxValue,
    onState: (state) => {
      if (store !== undefined) Store.setState(store, state);
    },
  });
  store = new Store(backend);
  return store;
}

async function connectBackend(
  cache: CacheOptions | undefined,
  tracePath: string | undefined,
  options: RemoteOptions,
): Promise<RemoteBackend> {
  const trace = tracePath === undefined ? undefined : await TraceWriter.open(tracePath);
  try {
    if (cache === undefined) return new RemoteBackend(await RemoteEngine.connect(options), undefined, trace);
    const { remote, cached } = await connectCached(cache, options);
    return new RemoteBackend(remote, cached, trace);
  } catch (error) {
    await trace?.close();
    throw error;
  }
}

/** Tries each address once, beginning behind the one that answered last: that may take connections and do nothing more. */
function dialer(addresses: readonly Address[], tls: TlsConnectOptions | undefined): () => Promise<Transport> {
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
