import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateTrace } from '../../lib/cache/generator/generate-trace.ts';
import { WORKLOADS } from '../../lib/cache/generator/workloads.ts';
import { POLICIES } from '../../lib/cache/policies/policies.ts';
import { type Simulation, type SimulationResult, simulate } from '../../lib/cache/simulate.ts';
import { isLong } from '../support/long.ts';

const PAGE = readFileSync(new URL('../../docs/cache.md', import.meta.url), 'utf8');
const REQUESTS = 200_000;

/** Runs a workload through caches that have room for these parts of all objects. */
async function run(workload: string, policies: readonly string[], parts: readonly number[]): Promise<Simulation> {
  const trace = () => generateTrace({ workload, requests: REQUESTS });
  const { footprint } = (await simulate(trace(), { policies: [], sizes: [] })).trace;
  return simulate(trace(), { policies, sizes: parts.map((part) => Math.round(part * footprint)) });
}

function rates({ trace }: Simulation, { hits, hitBytes }: SimulationResult): string {
  return `${((100 * hits) / trace.requests).toFixed(1)} / ${((100 * hitBytes) / trace.bytes).toFixed(1)}`;
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |\n`;
const header = (cells: readonly string[]): string => row(cells) + row(cells.map(() => '---'));

/** The table of all policies, of one simulation for each workload. */
function policiesTable(simulations: readonly Simulation[]): string {
  const [objects] = simulations as [Simulation];
  const rows = objects.results.map(({ policy, writes, hitWrites }, i) => {
    const all = simulations.map((simulation) => rates(simulation, simulation.results[i] as SimulationResult));
    const written = [writes, hitWrites].map((count) => Math.round((1000 * count) / objects.trace.requests));
    return row([`\`${policy}\``, ...all, ...written]);
  });
  return (
    header(['policy', ...Object.keys(WORKLOADS).map((name) => `\`${name}\``), 'writes', 'by hits']) + rows.join('')
  );
}

const PARTS = [0.01, 0.05, 0.2];
const COMPARED = ['s3-fifo', 's3-fifo-plain', 'gdsf', 'lru'];

function sizesTable(simulation: Simulation): string {
  const rows = COMPARED.map((policy) => {
    const results = simulation.results.filter((result) => result.policy === policy);
    return row([`\`${policy}\``, ...results.map((result) => rates(simulation, result))]);
  });
  return header(['policy', ...PARTS.map((part) => `${100 * part}%`)]) + rows.join('');
}

function tableOf(name: string): string {
  return PAGE.split(`<!-- ${name} -->\n`)[1]?.split('<!-- end -->')[0] as string;
}

test.runIf(isLong)('the tables of docs/cache.md are what the simulator gives', async () => {
  const simulations: Simulation[] = [];
  for (const workload of Object.keys(WORKLOADS)) simulations.push(await run(workload, Object.keys(POLICIES), [0.05]));
  const sizes = sizesTable(await run('objects', COMPARED, PARTS));
  const page = PAGE.replace(tableOf('policies'), () => policiesTable(simulations)).replace(
    tableOf('sizes'),
    () => sizes,
  );
  await expect(page).toMatchFileSnapshot('../../docs/cache.md');
});

test('rows of the cache, of LRU and of GDSF are what the simulator gives', async () => {
  const policies = ['s3-fifo', 'gdsf', 'lru'];
  const simulation = await run('objects', policies, [0.05]);
  for (const result of simulation.results.slice(0, -1)) {
    expect(tableOf('policies')).toContain(`| \`${result.policy}\` | ${rates(simulation, result)} |`);
  }
});
