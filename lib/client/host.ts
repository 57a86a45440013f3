import { checkSize } from '../base/check-arguments.ts';
import { DEFAULT_CAPACITY } from '../cache/cache-file.ts';
import { TraceWriter } from '../cache/trace/trace-writer.ts';
import { TracedEngine } from '../cache/traced-engine.ts';
import { checkPath } from '../transaction/directory.ts';
import { checkPems } from '../wire/check-pem.ts';
import type { Backend } from './backend.ts';
import type { HostOptions, ReadHostOptions } from './host-options.ts';
import { LocalBackend } from './local-backend.ts';
import { connectCached } from './remote/connect-cached.ts';
import { RemoteBackend } from './remote/remote-backend.ts';
import { RemoteEngine } from './remote/remote-engine.ts';
import type { RemoteOptions } from './remote/remote-options.ts';

/*
 * What a client needs of its host: folders, sockets, certificates. A browser has none of them: lib/browser/host.ts stands in the place of this file there.
 */

export { dial } from './remote/dial.ts';

/** With less, a cache is of no use. */
const LEAST_CACHE = 2 ** 20;

/** `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
export function readHostOptions({ tls, cache, cacheSize, trace }: HostOptions): ReadHostOptions {
  checkPems(tls);
  if (cache !== undefined) checkPath(cache);
  if (trace !== undefined) checkPath(trace);
  checkSize(cacheSize, 'cacheSize', LEAST_CACHE, 2 ** 40);
  return { tls, cache, cacheSize, trace };
}

/** A store in a folder. */
export function openFolder(path: string): Backend {
  return new LocalBackend(path);
}

/** A store on a server, with its cache and its trace. */
export async function connectBackend(
  { cache, cacheSize = DEFAULT_CAPACITY, trace: tracePath }: ReadHostOptions,
  options: RemoteOptions,
): Promise<Backend> {
  const trace = tracePath === undefined ? undefined : await TraceWriter.open(tracePath);
  try {
    const { remote, cached } =
      cache === undefined
        ? { remote: await RemoteEngine.connect(options), cached: undefined }
        : await connectCached({ path: cache, size: cacheSize }, options);
    const engine = cached ?? remote;
    return new RemoteBackend(remote, trace === undefined ? engine : new TracedEngine(engine, trace), cached);
  } catch (error) {
    await trace?.close();
    throw error;
  }
}
