import { createServer, type Server as HttpServer } from 'node:http';
import { invalidType, invalidValue } from '../base/errors.ts';
import type { ServerCounters } from './served-store.ts';

/** Where to listen for those who gather metrics. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** What the metrics tell beside what the server counts. */
export interface StoreFigures {
  readonly tid: number;
  readonly fileSize: number;
  readonly mapSize: number;
  readonly readers: number;
  readonly maxReaders: number;
}

type Metric = readonly [name: string, type: 'counter' | 'gauge', help: string, value: number];

/** The metrics in Prometheus' text format, version 0.0.4. */
export function metricsText(counters: ServerCounters, store: StoreFigures): string {
  const metrics: readonly Metric[] = [
    ['leasehold_connections_total', 'counter', 'Connections that have begun.', counters.connections],
    ['leasehold_connections', 'gauge', 'Connections that are open.', counters.open],
    ['leasehold_refused_total', 'counter', 'Clients that were refused or sent away.', counters.refused],
    ['leasehold_requests_total', 'counter', 'Frames of clients, beside signs of life.', counters.requests],
    ['leasehold_errors_total', 'counter', 'Requests that were answered with an error.', counters.errors],
    ['leasehold_commits_total', 'counter', 'Commits of clients.', counters.commits],
    ['leasehold_conflicts_total', 'counter', 'Commits that were refused for a conflict.', counters.conflicts],
    ['leasehold_received_bytes_total', 'counter', 'Bytes received.', counters.received],
    ['leasehold_sent_bytes_total', 'counter', 'Bytes sent.', counters.sent],
    ['leasehold_streams', 'gauge', 'Answers in several frames that are under way.', counters.streams],
    ['leasehold_snapshot_holds', 'gauge', 'Snapshots that clients hold.', counters.holds],
    ['leasehold_prefetched_total', 'counter', 'Objects sent before they were asked for.', counters.prefetched],
    ['leasehold_prefetch_used_total', 'counter', 'Those of them that were used.', counters.prefetchUsed],
    ['leasehold_prefetch_wasted_total', 'counter', 'Those of them that were of no use.', counters.prefetchWasted],
    ['leasehold_tid', 'gauge', 'The newest commit that clients were told.', store.tid],
    ['leasehold_file_bytes', 'gauge', 'The size of data.mdb.', store.fileSize],
    ['leasehold_map_bytes', 'gauge', 'How large data.mdb may grow.', store.mapSize],
    ['leasehold_readers', 'gauge', 'Slots of readers that were ever in use at once.', store.readers],
    ['leasehold_readers_max', 'gauge', 'Slots of readers.', store.maxReaders],
    ['process_resident_memory_bytes', 'gauge', 'Memory of the process, the map among it.', process.memoryUsage.rss()],
    ['process_cpu_seconds_total', 'counter', 'Time of the CPU.', cpuSeconds()],
  ];
  return metrics
    .map(([name, type, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`)
    .join('');
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Reads the option `metrics`: a port of this host, or 'host:port'. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function readMetricsAddress(given: number | string): MetricsAddress {
  const wanted = "a port, or 'host:port'";
  if (typeof given !== 'number' && typeof given !== 'string') throw invalidType('metrics', wanted, given);
  const [, host = '127.0.0.1', digits] = /^(?:(.+):)?(\d{1,5})$/.exec(String(given)) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) throw invalidValue(`metrics must be ${wanted}, not ${given}`);
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}

/** Answers GET /metrics, and nothing else. `EADDRINUSE`, `EACCES`. */
export function listenForMetrics({ host, port }: MetricsAddress, text: () => string): Promise<HttpServer> {
  const server = createServer(({ url, method }, response) => {
    if (method !== 'GET' || url !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('GET /metrics\n');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
