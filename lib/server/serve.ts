import type { TlsOptions } from 'node:tls';
import { checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, invalidValue } from '../base/errors.ts';
import { TraceWriter } from '../cache/trace/trace-writer.ts';
import { type Environment, environmentParts } from '../environment/environment.ts';
import { makeStoreId } from '../environment/make-store-id.ts';
import { checkPath } from '../transaction/directory.ts';
import { parseAddress } from '../wire/address.ts';
import { checkPems } from '../wire/check-pem.ts';
import { readLimits } from '../wire/limits.ts';
import type { WireLimits } from '../wire/protocol.ts';
import { readMetricsAddress } from './metrics.ts';
import { checkPrefixes } from './rights/check-prefixes.ts';
import { readTokens, type Token } from './rights/rights.ts';
import { ServedStore } from './served-store.ts';
import { Server } from './server.ts';

export interface ServeOptions {
  /** Where to listen: 'unix:./shop.sock', 'tcp://0.0.0.0:7070', 'tls://…', 'ws://…', 'wss://…'. */
  readonly listen: string | readonly string[];
  /** Certificate and key, for 'tls:' and 'wss:': what tls.createServer() takes. With `requestCert` and `ca`, clients must show certificates. */
  readonly tls?: TlsOptions;
  /** Who may do what. Without it, everybody who can connect may do everything. */
  readonly tokens?: readonly Token[];
  /**
   * The web pages that may connect with ws: and wss:, such as 'https://shop.example'. Default: with tokens, all; without, none. What is no page of a browser
   * may connect anyway.
   */
  readonly origins?: readonly string[];
  /** Commits are refused. Default: whether the environment was opened so. */
  readonly readOnly?: boolean;
  readonly limits?: Partial<WireLimits>;
  /**
   * A file that gets a record of each key that is read or written alone or with others, for `leasehold cache simulate`: it has hashes of keys, and no values. Ranges are not
   * recorded. Of several processes each needs a file: '%p' becomes the number of the process.
   */
  readonly trace?: string;
  /** Answer http://host:port/metrics with figures for Prometheus: a port of this host only, or 'host:port'. */
  readonly metrics?: number | string;
  /**
   * Called with the reason when a client is refused (`ERR_CERTIFICATE`, `ERR_FORBIDDEN`, `ERR_PROTOCOL`), and with errors that a client is not told, since
   * they may have what it must not know.
   */
  readonly onError?: (error: Error) => void;
}

const OPTIONS = ['listen', 'tls', 'tokens', 'origins', 'readOnly', 'limits', 'trace', 'metrics', 'onError'];

/**
 * Serves the collections with versions of an environment, and its persistent objects, to clients of other processes and hosts. The environment stays usable in
 * this process, and in others of this host. The promise is fulfilled when the server listens. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`,
 * `ERR_OUT_OF_RANGE`, `EADDRINUSE`, `EACCES`, `ERR_NOT_INSTALLED` for 'ws:' without the package ws, `ERR_NO_COLLECTION` if the environment is read-only and has no collection with versions.
 */
export async function serve(environment: Environment, options: ServeOptions): Promise<Server> {
  environmentParts(environment);
  checkObject(options, 'options');
  checkOptionNames(options, OPTIONS, 'serve()');
  const { listen, tls, tokens, origins, readOnly = false, limits, trace: tracePath, metrics, onError } = options;
  const addresses = (Array.isArray(listen) ? listen : [listen]).map((each: string) => parseAddress(each));
  if (addresses.length === 0) throw invalidValue('listen has no address');
  if (typeof readOnly !== 'boolean') throw invalidType('readOnly', 'a boolean', readOnly);
  if (origins !== undefined && !(Array.isArray(origins) && origins.every((each) => typeof each === 'string')))
    throw invalidType('origins', 'an array of strings', origins);
  if (onError !== undefined && typeof onError !== 'function') throw invalidType('onError', 'a function', onError);
  if (tls === undefined && addresses.some(({ kind }) => kind === 'tls' || kind === 'wss'))
    throw invalidValue('an address with TLS needs `tls`: a certificate and its key');
  checkPems(tls);
  const metricsAt = metrics === undefined ? undefined : readMetricsAddress(metrics);
  if (tracePath !== undefined) checkPath(tracePath);
  makeStoreId(environment);
  const trace = tracePath === undefined ? undefined : await TraceWriter.open(tracePath);
  const store = new ServedStore(environment, {
    limits: readLimits(limits),
    tokens: readTokens(tokens),
    readOnly,
    onError,
    trace,
  });
  const server = new Server(store, origins);
  try {
    checkPrefixes(tokens ?? [], store);
    for (const address of addresses) await server.listen(address, tls);
    if (metricsAt !== undefined) await server.listenForMetrics(metricsAt);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
