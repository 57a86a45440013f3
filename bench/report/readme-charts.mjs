// The charts that the README shows.
import { number } from '../harness/format.mjs';
import { barChart, timesChart } from './charts.mjs';
import { labelOf } from './labels.mjs';

/** `{ [file name]: SVG }`, as far as the results hold what a chart shows. */
export function readmeCharts(results) {
  const workloads = results.flatMap(({ measured = [] }) => measured);
  const machine = results[0].machine;
  const where = `${machine.cpu}, Node ${machine.node}`;
  const charts = {};
  const scan = workloads.find(({ workload }) => workload === 'full-scan');
  if (scan) {
    const entries = scan.dataset.entries.toLocaleString('en');
    charts['scan.svg'] = timesChart(
      scan,
      `Full scan of ${entries} entries: ns an entry`,
      `key and value made, a byte of each read; logarithmic; ${where}`,
    );
  }
  const speeds = comparisons.flatMap(([title, name, contestant, peer]) => {
    const workload = workloads.find((each) => each.workload === name);
    const ratio = workload?.summary.find((each) => each.name === contestant)?.ratios[peer];
    if (!ratio) return [];
    const spread = { median: 1 / ratio.median, min: 1 / ratio.max, max: 1 / ratio.min };
    return [{ label: `${title} ${labelOf(peer)}`, role: 'own', spread, note: `${number(spread.median)}×` }];
  });
  if (speeds.length > 0) {
    charts['speeds.svg'] = barChart({
      heading: 'leasehold: how many times as fast',
      subheading: `logarithmic; lines from the least to the greatest round; ${where}`,
      bars: speeds,
    });
  }
  return charts;
}

/** Each: what is done, the workload, the contestant, the peer. */
const comparisons = [
  ['one field of ten, of each record, vs', 'number-field', 'struct range', 'lmdb-records getRange'],
  ['one field of ten, of each record, vs', 'number-field', 'struct range', 'sqlite-cities pluck'],
  ['get at random keys vs', 'random-get', 'leasehold get', 'lmdb getBinaryFast'],
  ['get at random keys vs', 'random-get', 'leasehold get', 'lmdb getBinary'],
  ['get at random keys vs', 'random-get', 'leasehold get', 'sqlite get'],
  ['ranges of 10 at random vs', 'range-10', 'leasehold range', 'lmdb getRange'],
  ['1 MiB values, both ends read, vs', 'values-1m', 'leasehold get', 'lmdb getBinary'],
];
