import { createRequire } from 'node:module';
import type CliTable from 'cli-table3';
import { cellOf } from './cell.ts';
import { type Column, columnOf, widthsFor } from './columns.ts';
import type { Output } from './output.ts';

/** No frame: there are two spaces between columns. */
const NO_FRAME = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right'].flatMap((edge) =>
    ['', '-mid', '-left', '-right'].map((part) => [edge + part, '']),
  ),
);
const GAP = 2;

/**
 * Prints rows in columns, as wide as the terminal. Texts that are too long are cut. The first column and numbers are never cut. Columns
 * that do not fit are left out, the last ones first, and their names are printed at the end.
 */
export class Table {
  readonly #output: Output;
  readonly #Table: typeof CliTable;
  #head: readonly string[] = [];
  #columns: Column[] = [];
  #widths: readonly number[] = [];
  readonly #leftOut = new Set<string>();

  constructor(output: Output) {
    this.#output = output;
    this.#Table = createRequire(import.meta.url)('cli-table3') as typeof CliTable;
  }

  /** Prints rows. The names of the columns come first, if the names or the places of the columns have changed since the rows before. */
  print(head: readonly string[], rows: readonly (readonly unknown[])[]): void {
    const isNew = this.#layOut(head, rows);
    const widths = this.#widths;
    const table = new this.#Table({
      chars: { ...NO_FRAME, middle: '' },
      style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': GAP },
      colWidths: widths.map((width) => width + GAP),
      colAligns: widths.map((_, i) => ((this.#columns[i] as Column).isNumeric ? 'right' : 'left')),
    });
    if (isNew) table.push(head.slice(0, widths.length));
    for (const row of rows) table.push(widths.map((_, i) => cellOf(row[i])));
    for (const line of table.toString().split('\n')) this.#output.line(line.trimEnd());
    for (const name of head.slice(widths.length)) this.#leftOut.add(name);
  }

  /** To be called after the last row. `remedy` tells how to see columns that were left out. */
  end(remedy: string = 'use a wider terminal'): void {
    if (this.#leftOut.size === 0) return;
    this.#output.line(`(no room for ${[...this.#leftOut].join(', ')}: ${remedy})`);
  }

  /** Where columns of these widths begin. The width of a last column of texts does not matter. */
  #starts(widths: readonly number[]): string {
    return (this.#columns[widths.length - 1]?.isNumeric === true ? widths : widths.slice(0, -1)).join();
  }

  /** Computes the widths. Columns stay as wide as before while there is room. Returns whether to print the names of the columns. */
  #layOut(head: readonly string[], rows: readonly (readonly unknown[])[]): boolean {
    const isSame = head.join('\n') === this.#head.join('\n') && this.#head.length > 0;
    this.#head = head;
    this.#columns = head.map((name, i) =>
      columnOf(
        name,
        rows.map((row) => row[i]),
        { isWhole: i === 0, before: isSame ? this.#columns[i] : undefined },
      ),
    );
    const before = this.#widths;
    this.#widths = widthsFor(this.#columns, this.#output.width, GAP);
    return !isSame || before.length !== this.#widths.length || this.#starts(before) !== this.#starts(this.#widths);
  }
}
