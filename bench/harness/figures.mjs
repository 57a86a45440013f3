// Figures: single numbers that a program measures. Some have a target.
import Table from 'cli-table3';
import { number, rangeText } from './format.mjs';
import { spread } from './statistics.mjs';

/**
 * Makes a figure from its value in each round. Its target is to be at most `most`, or at least `least`. `travels` says
 * that it would be about the same on another machine: a ratio, or a number of bytes.
 */
export function figure(name, unit, values, { most, least, travels = false } = {}) {
  const result = { name, unit, spread: spread(values), values, travels, rises: least !== undefined };
  const { median } = result.spread;
  if (most !== undefined) return { ...result, target: `at most ${number(most)}`, pass: median <= most };
  if (least !== undefined) return { ...result, target: `at least ${number(least)}`, pass: median >= least };
  return result;
}

/** The table of figures, as text. */
export function figureTable(figures) {
  const style = { head: [], border: [], compact: true };
  const head = ['', '', 'median', 'min … max', 'to reach', ''];
  const table = new Table({ style, head, colAligns: ['left', 'left', 'right', 'right', 'left', 'left'] });
  for (const { name, unit, spread, target, pass } of figures) {
    const verdict = target ? [target, pass ? 'pass' : 'miss'] : ['', ''];
    table.push([name, unit, number(spread.median), rangeText(spread), ...verdict]);
  }
  return table.toString();
}
