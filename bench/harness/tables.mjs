import process from 'node:process';
import { styleText } from 'node:util';
import Table from 'cli-table3';
import { inverse, number, rangeText, spreadText } from './format.mjs';

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
      rangeText(time),
      number(first.median),
      spreadText(ratios[workload.floor]),
      ...peers.map((peer) => spreadText(inverse(ratios[peer]))),
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
