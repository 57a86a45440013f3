import { inverse, number, rangeText, spreadText } from '../harness/format.mjs';
import { labelOf } from './labels.mjs';

/** The report as Markdown. */
export function markdown(results) {
  return `${['# Benchmarks of leasehold', introduction(results), ...results.map(suiteText)].join('\n\n')}\n`;
}

function introduction(results) {
  const verdicts = results.flatMap(verdictsOf);
  const passed = verdicts.filter(({ pass }) => pass).length;
  return [
    'Times are medians over rounds, each measurement in its own process; in brackets the least and the greatest round. Ratios are',
    'taken within a round. bench/README.md says how it is measured.',
    '',
    `${passed} of ${verdicts.length} targets are reached.`,
  ].join('\n');
}

/** Everything in a suite's results that has a target, as `{ what, target, reached, pass }`. */
export function verdictsOf({ suite, verdicts = [], figures = [] }) {
  return [
    ...verdicts.map(({ workload, contestant, against, target, reached, pass }) => ({
      what: `${workload ?? suite}: ${labelOf(contestant)} against ${labelOf(against)}`,
      target,
      reached: number(reached),
      pass,
    })),
    ...figures
      .filter(({ target }) => target)
      .map(({ name, unit, target, spread, pass }) => ({
        what: `${suite}: ${name}`,
        target: `${target} ${unit}`,
        reached: number(spread.median),
        pass,
      })),
  ];
}

export function machineText({ machine, date, load, roundCount }) {
  const memory = `${Math.round(machine.memory / 2 ** 30)} GiB`;
  const loads = load.map((value) => value.toFixed(1)).join(' and ');
  return `${machine.cpu}, ${machine.cores} cores, ${memory}, ${machine.system}, Node ${machine.node}; ${date.slice(0, 16).replace('T', ' ')} UTC, ${roundCount} rounds, load ${loads} before and after`;
}

function suiteText(result) {
  const parts = [`## ${result.suite}`, machineText(result)];
  for (const workload of result.measured ?? []) parts.push(...workloadText(workload));
  if (result.figures) parts.push(figureText(result.figures));
  for (const curve of result.growth ?? []) parts.push(`### ${curve.title}`, table(...curveCells(curve)));
  const verdicts = verdictsOf(result);
  if (verdicts.length > 0) {
    parts.push('### Targets', table(['', 'to reach', 'reached', ''], verdicts.map(verdictCells)));
  }
  return parts.join('\n\n');
}

function verdictCells({ what, target, reached, pass }) {
  return [what, target, reached, pass ? 'pass' : '**miss**'];
}

function workloadText(workload) {
  const entries = workload.dataset.entries.toLocaleString('en');
  return [`### ${workload.title} (${entries} entries)`, table(...workloadCells(workload)), ...notesOf(workload)];
}

export function notesOf({ absent = [] }) {
  return absent.map(({ name, reason }) => `${labelOf(name)} was left out: ${reason}.`);
}

/** The table of one workload, as `[head, rows]`. */
export function workloadCells({ unit, summary, floor, peers }) {
  const others = peers.filter((peer) => summary.some(({ name }) => name === peer));
  const head = [unit, 'median', 'min … max', 'first pass', `time over ${labelOf(floor)}`];
  return [
    [...head, ...others.map((peer) => `speed over ${labelOf(peer)}`)],
    summary.map(({ name, time, first, ratios }) => [
      labelOf(name),
      number(time.median),
      rangeText(time),
      number(first.median),
      spreadText(ratios[floor]),
      ...others.map((peer) => spreadText(inverse(ratios[peer]))),
    ]),
  ];
}

/** The table of figures, as `[head, rows]`. */
export function figureCells(figures) {
  const rows = figures.map(({ name, unit, spread }) => [name, number(spread.median), rangeText(spread), unit]);
  return [['', 'median', 'min … max', ''], rows];
}

/** The table of a growth curve, as `[head, rows]`. */
export function curveCells({ unit, lines }) {
  const sizes = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const rows = lines.map(({ name, points }) => [
    name,
    ...sizes.map((size) => {
      const point = points.find(({ x }) => x === size);
      return point ? number(point.median) : '';
    }),
  ]);
  return [[unit, ...sizes.map((size) => size.toLocaleString('en'))], rows];
}

function figureText(figures) {
  return table(...figureCells(figures));
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
