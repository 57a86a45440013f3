// What the demo prints: a progress bar, a line for each step, a table, and every total that is wrong.
import { isDeepStrictEqual } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';

/** A bar of `total` rows on a terminal; in a pipe, nothing. */
export function progressBar(title, total) {
  const bar = new SingleBar(
    { format: `${title} {bar} {percentage}% | {value}/{total} rows | {eta} s left`, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return bar;
}

/** Runs a step, which returns how many rows it went through, and prints its speed and what it made leasehold copy. */
export async function timed(env, step, run) {
  const copiedBefore = env.counters().bytesCopied;
  const start = performance.now();
  const rows = await run();
  const seconds = (performance.now() - start) / 1_000;
  const copied = env.counters().bytesCopied - copiedBefore;
  console.log(
    step.padEnd(30),
    `${number(rows).padStart(8)} rows`,
    `${number(rows / seconds).padStart(11)} rows/s`,
    `${number(copied).padStart(8)} bytes copied`,
  );
}

/** Prints rows under their headings; numbers are set to the right. */
export function printTable(headings, rows) {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? number(cell) : cell)));
  const widths = headings.map((heading, i) => Math.max(heading.length, ...texts.map((text) => text[i].length)));
  const line = (cells) =>
    cells
      .map((cell, i) => (typeof rows[0][i] === 'number' ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ');
  console.log(`  ${line(headings)}`);
  for (const text of texts) console.log(`  ${line(text)}`);
}

let failed = 0;

/** Counts and prints an answer of the database that is not the expected one. */
export function check(what, actual, expected) {
  if (isDeepStrictEqual(actual, expected)) return;
  failed++;
  console.error(`${what}:`, actual, 'where the source data gives', expected);
}

/** How many checks have failed. */
export function failures() {
  return failed;
}

function number(value) {
  return Math.round(value).toLocaleString('en');
}
