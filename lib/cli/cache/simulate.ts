import { now } from '../../base/clock.ts';
import { POLICIES } from '../../cache/policies/policies.ts';
import { type Simulation, type SimulationResult, simulate, type TraceSummary } from '../../cache/simulate.ts';
import { readTrace, type TraceFormat } from '../../cache/trace/read-trace.ts';
import { asUsage, DONE, FAULT, Failure, USAGE } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { Output } from '../output.ts';
import { progressLine } from '../progress-line.ts';
import { Table } from '../terminal-table.ts';
import { barChart } from './chart.ts';
import { openTrace } from './trace-input.ts';

/** The size of a cache, as it was given: bytes, or a part of the bytes of all objects. */
export interface CacheSize {
  readonly text: string;
  readonly bytes?: number;
  readonly part?: number;
}

export interface SimulateCommandOptions {
  policy?: string[];
  size?: CacheSize[];
  format?: TraceFormat;
  columns?: string[];
  json?: true;
}

const USUAL_SIZES: readonly CacheSize[] = [
  { text: '1%', part: 0.01 },
  { text: '5%', part: 0.05 },
  { text: '20%', part: 0.2 },
];
/** Caches are not smaller, whatever part of the objects was asked for. */
const SMALLEST = 4096;

/** `leasehold cache simulate` */
export async function simulateCommand(path: string, options: SimulateCommandOptions): Promise<number> {
  const policies = asUsage(() => policiesOf(options.policy));
  const given = options.size ?? USUAL_SIZES;
  if (path === '-' && given.some(({ part }) => part !== undefined)) {
    throw new Failure(
      USAGE,
      'standard input is read once, so --size must be in bytes, such as 64M: a part of all objects is not known before',
    );
  }
  for (const { text, bytes = SMALLEST } of given) {
    if (bytes < SMALLEST)
      throw new Failure(USAGE, `--size ${text} is too small: a cache has at least ${SMALLEST} bytes`);
  }
  const { simulation, sizes } = await interruptible(async (signal) => {
    const run = (sizes: number[], names: readonly string[]) => runTrace(path, options, sizes, names, signal);
    let footprint = 0;
    if (given.some(({ part }) => part !== undefined)) footprint = (await run([], [])).trace.footprint;
    const sizes = given.map(({ bytes, part = 0 }) => bytes ?? Math.max(SMALLEST, Math.round(footprint * part)));
    return { simulation: await run(sizes, policies), sizes };
  });
  if (simulation.trace.requests === 0) throw new Failure(FAULT, `the trace '${path}' has no requests`);
  const output = new Output();
  if (output.isTerminal && options.json !== true) {
    showSummary(output, simulation.trace);
    const table = new Table(output);
    sizes.forEach((size, i) => {
      const { text, part } = given[i] as CacheSize;
      output.line(`\nin a cache of ${text}${part === undefined ? '' : ` (${megabytes(size)} MB)`}`);
      const ofSize = simulation.results.slice(i * policies.length, (i + 1) * policies.length);
      showSize(output, table, simulation.trace, [...ofSize, simulation.results.at(-1) as SimulationResult]);
    });
    table.end();
    output.line('\nwrites: entries that the cache writes for 1,000 requests; by hits: how many of them hits cause');
  } else {
    showLines(output, simulation);
  }
  await output.flush();
  return DONE;
}

function policiesOf(given: readonly string[] | undefined): readonly string[] {
  const all = Object.keys(POLICIES);
  if (given === undefined || given.includes('all')) return all;
  for (const name of given) {
    if (!all.includes(name))
      throw new Failure(USAGE, `--policy ${name}: there is none of this name; there are ${all.join(', ')}`);
  }
  return given;
}

/** Reads the trace once, and runs it through the caches. */
async function runTrace(
  path: string,
  { format, columns }: SimulateCommandOptions,
  sizes: number[],
  policies: readonly string[],
  signal: AbortSignal,
): Promise<Simulation> {
  const input = await openTrace(path, signal);
  const bar = progressLine();
  const start = now();
  try {
    return await simulate(readTrace(input.chunks, { format, columns, name: input.name }), {
      policies,
      sizes,
      signal,
      onProgress: (rows) => {
        const seconds = (now() - start) / 1000;
        const bytes = input.bytesRead();
        const { totalBytes } = input;
        bar.onProgress?.({
          rows,
          bytes,
          rate: rows / seconds,
          ...(totalBytes !== undefined && { totalBytes, secondsLeft: (seconds * (totalBytes - bytes)) / bytes }),
        });
      },
    });
  } finally {
    bar.stop();
  }
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}

function perThousand(count: number, { requests }: TraceSummary): number {
  return Math.round((1000 * count) / requests);
}

function showSummary(output: Output, trace: TraceSummary): void {
  const { requests, writes, changes, objects, footprint, seconds } = trace;
  const english = (count: number): string => count.toLocaleString('en');
  output.line(
    `${english(requests)} requests in ${english(Math.round(seconds))} s for ${english(objects)} objects of ${megabytes(footprint)} MB; ` +
      `${english(writes)} writes, ${english(changes)} changes by others`,
  );
}

/** Prints the results of caches of one size: a table, and a chart of the hits. */
function showSize(output: Output, table: Table, trace: TraceSummary, results: readonly SimulationResult[]): void {
  table.print(
    ['policy', 'hits %', 'bytes %', 'writes', 'by hits', 'MB written'],
    results.map((result) => [
      result.policy,
      rounded(percent(result.hits, trace.requests)),
      rounded(percent(result.hitBytes, trace.bytes)),
      perThousand(result.writes, trace),
      perThousand(result.hitWrites, trace),
      Number(megabytes(result.bytesWritten)),
    ]),
  );
  output.line('');
  const bars = results.map(({ policy, hits }): [string, number] => [policy, percent(hits, trace.requests)]);
  for (const line of barChart(bars, output.width)) output.line(line);
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function showLines(output: Output, { trace, results }: Simulation): void {
  output.json({ trace });
  for (const { policy, size, hits, hitBytes, ...written } of results) {
    const rates = { hitRate: hits / trace.requests, byteHitRate: trace.bytes === 0 ? 0 : hitBytes / trace.bytes };
    // JSON has no infinity: the cache without a bound has no size.
    output.json({
      policy,
      ...(Number.isFinite(size) && { size }),
      hits,
      ...rates,
      ...written,
    } satisfies Partial<SimulationResult>);
  }
}
