// Saves a run and compares another run with it, to tell what became slower from noise.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Table from 'cli-table3';
import { number, rangeText } from './format.mjs';
import { resultsFolder } from './paths.mjs';

export const defaultBaseline = join(resultsFolder, 'baseline.json');

/** A smaller change of the median does not count: a different layout of the code changes as much. */
const LEAST_CHANGE = 0.05;

/** Two sets of five rounds that differ only by chance do not overlap in 1 case of 126; of three rounds, in 1 of 10. */
const LEAST_ROUNDS = 5;

/** Saves what results/report.json holds. */
export function saveBaseline(file) {
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(join(resultsFolder, 'report.json'), file);
  console.log(`baseline saved to ${file}`);
}

/** The results that `saveBaseline` saved. */
export function loadBaseline(file) {
  if (!existsSync(file)) throw new Error(`there is no baseline ${file}: make one with --save-baseline`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * What can be compared of a suite's results, by name: `{ spread, rises }`. For leasehold's contestants, it is the ratio
 * of their time to that of the floor, which a slower or busier machine changes little; for figures, the figure. `rises`
 * means that more is better.
 */
function comparable({ suite, measured = [], figures = [] }) {
  const found = new Map();
  for (const { workload, floor, contestants, summary, dataset } of measured) {
    for (const { name, ratios } of summary) {
      if (!contestants.includes(name) || !ratios[floor]) continue;
      found.set(`${suite}: ${workload}, ${name} over ${floor} (${dataset.entries})`, { spread: ratios[floor] });
    }
  }
  for (const { name, unit, spread, rises } of figures) found.set(`${suite}: ${name}, ${unit}`, { spread, rises });
  return found;
}

/**
 * Compares results with earlier ones. A difference counts if the spreads over the rounds do not overlap and the medians
 * differ by more than 5 %. Gives `[{ name, before, now, change, verdict }]`. `change` is the fraction by which it got
 * worse (better if negative). `verdict` is `slower`, `faster`, `same`, or `few rounds`.
 */
export function compareResults(earlier, results) {
  const before = new Map(earlier.map((result) => [result.suite, result]));
  return results.flatMap((result) => {
    const old = before.get(result.suite);
    if (!old) return [];
    const oldValues = comparable(old);
    const enough = Math.min(old.roundCount, result.roundCount) >= LEAST_ROUNDS;
    return [...comparable(result)].flatMap(([name, { spread: now, rises }]) => {
      const then = oldValues.get(name)?.spread;
      if (!then) return [];
      const change = rises ? then.median / now.median - 1 : now.median / then.median - 1;
      return [{ name, before: then, now, change, verdict: enough ? verdictOf(then, now, change) : 'few rounds' }];
    });
  });
}

function verdictOf(then, now, change) {
  const meet = now.min <= then.max && then.min <= now.max;
  // A change from zero (bytes copied, say) is no fraction of it.
  if (meet || Math.abs(change) <= LEAST_CHANGE || Number.isNaN(change)) return 'same';
  return change > 0 ? 'slower' : 'faster';
}

/** The table of a comparison, as text. Results that stayed the same are only counted. */
export function comparisonTable(comparison) {
  const head = ['', 'before', 'now', 'change', ''];
  const style = { head: [], border: [], compact: true };
  const table = new Table({ style, head, colAligns: ['left', 'right', 'right', 'right', 'left'] });
  const text = (spread) => `${number(spread.median)} (${rangeText(spread)})`;
  const notable = comparison.filter(({ verdict }) => verdict !== 'same');
  for (const { name, before, now, change, verdict } of notable) {
    const percent = `${change > 0 ? '+' : ''}${(100 * change).toFixed(0)} %`;
    table.push([name, text(before), text(now), percent, verdict]);
  }
  const count = `${comparison.length} compared, ${comparison.length - notable.length} the same within the noise`;
  return notable.length > 0 ? `${table}\n${count}` : count;
}
