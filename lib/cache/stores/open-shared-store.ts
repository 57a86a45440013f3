import { invalidValue } from '../../base/errors.ts';
import { FolderStore } from './folder-store.ts';
import { MemcachedStore } from './memcached-store.ts';
import { type RedisLogin, RedisStore } from './redis-store.ts';
import type { StoreAddress } from './reply-socket.ts';
import type { SharedStore } from './shared-store.ts';

/** Where a shared cache is. */
export type SharedAddress =
  | { readonly kind: 'memcached'; readonly address: StoreAddress }
  | { readonly kind: 'redis'; readonly address: StoreAddress; readonly login: RedisLogin }
  | { readonly kind: 'checkpoints'; readonly path: string };

/** For how many ms a server may be silent before it counts as failed. */
const TIMEOUT = 250;
const PORTS = { memcached: 11_211, redis: 6379, rediss: 6379 };
const SERVER = /^(?:memcached|rediss?):\/\//;
const SOCKET = /^(memcached|redis)\+unix:(.*)$/s;
const FOLDER = /^checkpoints:(.*)$/s;
/** A text that was meant as an address: no folder is named so. */
const OTHER = /^(?:[a-z][a-z\d+.-]*:\/\/|(?:file|unix|postgres|postgresql):)/i;
const FORMS =
  "'memcached://host:11211', 'redis://host:6379', 'rediss://host:6379' with TLS, 'memcached+unix:/path' or 'redis+unix:/path'";

/** Reads the address of a shared cache; undefined if the text is none, but the path of a folder. `ERR_INVALID_ARG_VALUE`. */
export function parseSharedAddress(text: string): SharedAddress | undefined {
  const [, folder] = FOLDER.exec(text) ?? [];
  if (folder !== undefined) return { kind: 'checkpoints', path: pathIn(folder) };
  const [, kind, path] = SOCKET.exec(text) ?? [];
  if (path !== undefined) return addressOf(kind as 'memcached' | 'redis', { path: pathIn(path) }, {});
  if (SERVER.test(text)) return parseServer(text);
  const [scheme] = OTHER.exec(text) ?? [];
  if (scheme !== undefined) {
    throw invalidValue(`a cache cannot be at '${scheme}…': it is the path of a folder, ${FORMS}`);
  }
  return undefined;
}

/** Opens a shared cache. One on a server is asked for the first time when something is read. A folder: `ENOTDIR`, `EACCES`, … */
export function openSharedStore(shared: SharedAddress, size: number): SharedStore {
  if (shared.kind === 'memcached') return new MemcachedStore(shared.address, TIMEOUT);
  if (shared.kind === 'redis') return new RedisStore(shared.address, TIMEOUT, shared.login);
  return FolderStore.open(shared.path, size);
}

function parseServer(text: string): SharedAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalidValue(`the address of a cache is ${FORMS}`);
  }
  const kind = url.protocol.slice(0, -1) as keyof typeof PORTS;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw invalidValue(`the address of the cache has no host: it is ${FORMS}`);
  const port = url.port === '' ? PORTS[kind] : Number(url.port);
  const [, database] = /^\/(\d{1,4})?$/.exec(url.pathname === '' ? '/' : url.pathname) ?? [undefined, 'none'];
  const isOther = database === 'none' || url.search !== '' || url.hash !== '';
  if (isOther || (kind === 'memcached' && (database !== undefined || url.username !== '' || url.password !== ''))) {
    throw invalidValue(`the address of the cache has more than a host and a port: it is ${FORMS}`);
  }
  const address = kind === 'rediss' ? { host, port, tls: true } : { host, port };
  return addressOf(kind === 'memcached' ? kind : 'redis', address, loginIn(url, database));
}

function loginIn({ username, password }: URL, database: string | undefined): RedisLogin {
  return {
    user: username === '' ? undefined : decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
    database: database === undefined ? undefined : Number(database),
  };
}

function addressOf(kind: 'memcached' | 'redis', address: StoreAddress, login: RedisLogin): SharedAddress {
  return kind === 'memcached' ? { kind, address } : { kind, address, login };
}

/** A path behind the name of a kind, which may have the two slashes of a URL before it. */
function pathIn(text: string): string {
  const path = text.replace(/^\/\/(?=\/)/, '');
  if (path === '') throw invalidValue(`the address of the cache has no path: it is ${FORMS}`);
  return path;
}
