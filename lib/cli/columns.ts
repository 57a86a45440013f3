import { createRequire } from 'node:module';
import type stringWidth from 'string-width';
import { cellOf } from './cell.ts';

/** Texts are not cut shorter than this, in columns of the terminal. */
const LEAST_WIDTH = 8;

let width: typeof stringWidth | undefined;

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  width ??= createRequire(import.meta.url)('string-width') as typeof stringWidth;
  return width(text);
}

/** How wide a column of a table should be, in columns of the terminal. */
export interface Column {
  /** Wide enough for all of its cells. */
  readonly wanted: number;
  /** Wide enough for the cells that must not be cut. */
  readonly least: number;
  readonly isNumeric: boolean;
}

/** The width of a column. With `isWhole`, no cell may be cut. `before` is the column of the rows printed before. */
export function columnOf(
  name: string,
  cells: readonly unknown[],
  { isWhole, before }: { isWhole: boolean; before: Column | undefined },
): Column {
  let wanted = Math.max(widthOf(name), before?.wanted ?? 0);
  let least = before?.least ?? 0;
  for (const cell of cells) {
    const width = widthOf(cellOf(cell));
    wanted = Math.max(wanted, width);
    if (isWhole || isNumber(cell)) least = Math.max(least, width);
  }
  const isNumeric =
    before?.isNumeric !== false &&
    cells.some((cell) => typeof cell === 'number') &&
    cells.every((cell) => typeof cell === 'number' || cell === null || cell === undefined);
  return { wanted, least: Math.max(least, Math.min(wanted, LEAST_WIDTH)), isNumeric };
}

/** The widths of as many columns, from the first on, as fit into `width`. There is always at least one. */
export function widthsFor(columns: readonly Column[], width: number, gap: number): number[] {
  let room = width;
  let count = 0;
  for (const { least } of columns) {
    room -= least + (count === 0 ? 0 : gap);
    if (room < 0 && count > 0) break;
    count++;
  }
  const shown = columns.slice(0, count);
  const widths = shown.map(({ wanted }) => wanted);
  // The widest columns are made narrower first.
  for (let over = sum(widths) + gap * (count - 1) - width; over > 0; over--) {
    let widest = -1;
    for (let i = 0; i < count; i++) {
      const isWider = widest < 0 || (widths[i] as number) > (widths[widest] as number);
      if (isWider && (widths[i] as number) > (shown[i] as Column).least) widest = i;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] as number) - 1;
  }
  return widths;
}

/** Whether a cell is a number. An integer that a JSON number cannot hold is a decimal text. */
function isNumber(cell: unknown): boolean {
  return typeof cell === 'number' || (typeof cell === 'string' && /^-?\d+$/.test(cell));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
