import { createRequire } from 'node:module';
import type CliTable from 'cli-table3';
import type { Output } from './output.ts';

/** No frame: columns stand two spaces apart. */
const NO_FRAME = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right'].flatMap((edge) =>
    ['', '-mid', '-left', '-right'].map((part) => [edge + part, '']),
  ),
);
const LEAST_WIDTH = 8;
const GAP = 2;

/** Prints rows below each other, in the columns that the first of them need. */
export class Table {
  readonly #output: Output;
  readonly #Table: typeof CliTable;
  #head = '';
  #widths: number[] = [];
  #aligns: ('left' | 'right')[] = [];

  constructor(output: Output) {
    this.#output = output;
    this.#Table = createRequire(import.meta.url)('cli-table3') as typeof CliTable;
  }

  /** The columns' names are printed if they are others than those of the rows before. */
  print(head: readonly string[], rows: readonly (readonly unknown[])[]): void {
    const cells = rows.map((row) => row.map(cellOf));
    const isNew = this.#head !== head.join('\n');
    if (isNew) this.#layOut(head, rows, cells);
    const table = new this.#Table({
      chars: { ...NO_FRAME, middle: '' },
      style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': GAP },
      colWidths: this.#widths,
      colAligns: this.#aligns,
    });
    if (isNew) table.push([...head]);
    table.push(...cells);
    for (const line of table.toString().split('\n')) this.#output.line(line.trimEnd());
  }

  #layOut(head: readonly string[], rows: readonly (readonly unknown[])[], cells: readonly string[][]): void {
    this.#head = head.join('\n');
    this.#aligns = head.map((_, i) =>
      rows.some((row) => typeof row[i] === 'number') &&
      rows.every((row) => typeof row[i] === 'number' || row[i] === null)
        ? 'right'
        : 'left',
    );
    this.#widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)) + GAP);
    // The widest give way first.
    for (let over = sum(this.#widths) - this.#output.width; over > 0; over--) {
      const widest = Math.max(...this.#widths);
      if (widest <= LEAST_WIDTH) return;
      this.#widths[this.#widths.indexOf(widest)] = widest - 1;
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A cell's text: control characters, which a terminal would obey, are escaped. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1));
}
