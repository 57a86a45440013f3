import type * as node from '../client/host.ts';
import { dialWebSocket } from '../client/remote/dial-web-socket.ts';
import { RemoteBackend } from '../client/remote/remote-backend.ts';
import { RemoteEngine } from '../client/remote/remote-engine.ts';
import type { WebSocketLike } from '../wire/web-socket-transport.ts';
import { notInBrowser } from './refused.ts';

// In a browser, instead of lib/client/host.ts.

export const readHostOptions: typeof node.readHostOptions = ({ tls, cache, cacheSize, wait, trace }) => {
  if (tls !== undefined) throw notInBrowser('option `tls`: the browser itself checks certificates, and has its own');
  if (cache !== undefined || cacheSize !== undefined) throw notInBrowser('folder for the option `cache`');
  if (wait === false) throw notInBrowser('folder with which to begin: leave out `wait`');
  if (trace !== undefined) throw notInBrowser('folder for the option `trace`');
  return {
    tls,
    cache,
    cacheSize,
    wait: undefined,
    trace,
    replicas: undefined,
    flush: undefined,
    keepHistory: undefined,
    keepChanges: undefined,
  };
};

/** `ERR_NOT_IN_BROWSER` */
export const openFolder: typeof node.openFolder = (path) => {
  throw notInBrowser(`folder '${path}': serve it, and connect to 'ws:' or 'wss:'`);
};

export const connectBackend: typeof node.connectBackend = async (_options, remote) =>
  new RemoteBackend(await RemoteEngine.connect(remote));

/** `ERR_NOT_IN_BROWSER` */
export const connectPostgresBackend: typeof node.connectPostgresBackend = async () => {
  throw notInBrowser("socket for 'postgres:': let a server stand in between, and connect to 'ws:' or 'wss:'");
};

/** `ERR_NOT_IN_BROWSER` */
export const installHere: typeof node.installHere = async () => {
  throw notInBrowser("socket for 'postgres:'");
};

/** `ERR_NOT_IN_BROWSER`, `ERR_DISCONNECTED`. */
export const dial: typeof node.dial = async ({ kind, text }, { timeout }) => {
  if (kind !== 'ws' && kind !== 'wss') {
    throw notInBrowser(`socket for '${text}': let the server listen at 'ws:' or 'wss:' too, and connect there`);
  }
  return dialWebSocket(text, (url) => new WebSocket(url) as unknown as WebSocketLike, timeout);
};
