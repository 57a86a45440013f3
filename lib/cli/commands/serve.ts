import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import type { Environment } from '../../environment/environment.ts';
import { open } from '../../environment/open.ts';
import { type ServeOptions, serve } from '../../server/serve.ts';
import type { Server } from '../../server/server.ts';
import { parseAddress } from '../../wire/address.ts';
import { checkFolder, MOST_COLLECTIONS } from '../database.ts';
import { asUsage, asUsageLater, DONE, describe, tell } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { Output } from '../output.ts';
import { textOf } from '../remote/text-of.ts';
import { LimitedLog } from '../serving/limited-log.ts';
import { readConfig, readTokenFile, type ServeConfig } from '../serving/serve-config.ts';

export interface ServeCommandOptions {
  readonly listen?: readonly string[];
  readonly config?: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly readOnly?: true;
  readonly metrics?: string;
  readonly trace?: string;
  readonly mapSize?: number;
}

const DEFAULT_ADDRESS = 'tcp://127.0.0.1:7070';

/** `leasehold serve`: serves a database until SIGINT, SIGTERM or SIGHUP. */
export async function serveCommand(path: string, given: ServeCommandOptions): Promise<number> {
  checkFolder(path);
  const config = given.config === undefined ? {} : readConfig(given.config);
  const options = serveOptions(config, given);
  const isNew = !existsSync(join(path, 'data.mdb'));
  return interruptible(async (signal) => {
    const env = openToServe(path, config, given);
    try {
      const server = await asUsageLater(() => serve(env, options));
      await showStarted(server, path, {
        isNew,
        isOpenToAll: options.tokens === undefined && !wantsCertificates(options),
      });
      await aborted(signal);
      const { stopTimeout } = config;
      await server.close(stopTimeout === undefined ? {} : { timeout: stopTimeout });
    } finally {
      env.close();
    }
    return DONE;
  });
}

function openToServe(path: string, config: ServeConfig, given: ServeCommandOptions): Environment {
  const readOnly = given.readOnly ?? config.readOnly ?? false;
  const { mapSize } = given;
  return asUsage(() =>
    open(path, {
      maxCollections: MOST_COLLECTIONS,
      ...config.open,
      ...(mapSize !== undefined && { mapSize }),
      readOnly,
    }),
  );
}

/** Flags win over the file. */
function serveOptions(config: ServeConfig, given: ServeCommandOptions): ServeOptions {
  const { listen = DEFAULT_ADDRESS, limits, origins, metrics: port } = config;
  const trace = given.trace ?? config.trace;
  const tls = tlsOptions({
    ...config.tls,
    ...(given.tlsCert !== undefined && { cert: given.tlsCert }),
    ...(given.tlsKey !== undefined && { key: given.tlsKey }),
    ...(given.tlsCa !== undefined && { ca: given.tlsCa }),
  });
  const tokens = given.tokenFile === undefined ? config.tokens : readTokenFile(given.tokenFile);
  const metrics = given.metrics ?? port;
  const log = new LimitedLog(tell);
  return {
    listen: given.listen ?? listen,
    readOnly: given.readOnly ?? config.readOnly ?? false,
    onError: (error) => log.line(describe(error)),
    ...(tls !== undefined && { tls }),
    ...(tokens !== undefined && { tokens }),
    ...(limits !== undefined && { limits }),
    ...(trace !== undefined && { trace }),
    ...(origins !== undefined && { origins }),
    ...(metrics !== undefined && { metrics }),
  };
}

function tlsOptions({ cert, key, ca }: NonNullable<ServeConfig['tls']>): TlsOptions | undefined {
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  return {
    ...(cert !== undefined && { cert: textOf(cert) }),
    ...(key !== undefined && { key: textOf(key) }),
    ...(ca !== undefined && { ca: textOf(ca), requestCert: true }),
  };
}

function wantsCertificates({ listen, tls }: ServeOptions): boolean {
  const addresses = typeof listen === 'string' ? [listen] : listen;
  return tls?.requestCert === true && addresses.every((address) => /^(?:tls|wss):/.test(address));
}

/** Says where the server listens, and how to connect. */
async function showStarted(
  server: Server,
  path: string,
  { isNew, isOpenToAll }: { isNew: boolean; isOpenToAll: boolean },
): Promise<void> {
  const { addresses, metricsAddress } = server;
  const exposed = isOpenToAll ? addresses.find((address) => isExposed(address)) : undefined;
  if (exposed !== undefined)
    tell(`everybody who can reach ${exposed} may read and write: give --token-file, or --tls-ca with tls: addresses`);
  const output = new Output();
  if (output.isTerminal) {
    output.line(`serving ${path}${isNew ? ', which is new,' : ''} at ${addresses.join(' and ')}`);
    output.line(`connect with: import { connect } from 'leasehold/client'; await connect('${addresses[0]}')`);
    if (metricsAddress !== undefined) output.line(`metrics: ${metricsAddress}`);
  } else {
    output.json({ serving: path, addresses, metrics: metricsAddress ?? null, pid: process.pid, isNew });
  }
  await output.flush();
}

/** Whether others than users of this host can reach an address. */
function isExposed(text: string): boolean {
  const address = parseAddress(text);
  return address.kind !== 'unix' && !/^(?:127\.|::1$|localhost$)/.test(address.host);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
