import process from 'node:process';
import { styleText } from 'node:util';
import Table from 'cli-table3';

const style = { head: [], border: [], compact: true };

/** The table of one workload, as text. */
export function workloadTable(workload, summary, dataset) {
  const peers = workload.peers.filter((peer) => summary.some(({ name }) => name === peer));
  const head = [
    workload.unit,
    'median',
    'min … max',
    'first pass',
    `time over\n${workload.floor}`,
    ...peers.map((peer) => `speed over\n${peer}`),
  ];
  const table = new Table({ style, head, colAligns: ['left', ...head.slice(1).map(() => 'right')] });
  for (const { name, time, first, ratios } of summary) {
    table.push([
      name,
      number(time.median),
      `${number(time.min)} … ${number(time.max)}`,
      number(first.median),
      ratio(ratios[workload.floor]),
      ...peers.map((peer) => ratio(inverse(ratios[peer]))),
    ]);
  }
  return `${workload.title} (${dataset.entries.toLocaleString('en')} entries)\n${table}`;
}

export function targetTable(verdicts) {
  const table = new Table({ style, head: ['target', 'against', 'to reach', 'reached', ''] });
  for (const { contestant, against, target, reached, pass } of verdicts) {
    table.push([
      contestant,
      against,
      target,
      reached.toFixed(2),
      pass ? colour('green', 'pass') : colour('red', 'miss'),
    ]);
  }
  return table.toString();
}

function colour(name, text) {
  return process.stdout.isTTY ? styleText(name, text) : text;
}

function ratio(spread) {
  return spread ? `${number(spread.median)} (${number(spread.min)} … ${number(spread.max)})` : '';
}

function inverse(spread) {
  return spread && { median: 1 / spread.median, min: 1 / spread.max, max: 1 / spread.min };
}

function number(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(value >= 100 ? 4 : 3);
}
