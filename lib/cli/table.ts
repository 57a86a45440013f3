import { createRequire } from 'node:module';
import type CliTable from 'cli-table3';
import { cellOf } from './cell.ts';
import { type Column, columnOf, widthsFor } from './columns.ts';
import type { Output } from './output.ts';

/** No frame: columns stand two spaces apart. */
const NO_FRAME = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right'].flatMap((edge) =>
    ['', '-mid', '-left', '-right'].map((part) => [edge + part, '']),
  ),
);
const GAP = 2;

/**
 * Prints rows below each other, as wide as the terminal. Texts are cut where they have to be; the first column and numbers never: columns
 * for which there is no room then are left out, the last ones first, and named at the end.
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

  /** The columns' names are printed if they are others than those of the rows before, or stand elsewhere. */
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

  /** After the last row. `remedy` is what shows columns that were left out. */
  end(remedy: string = 'a wider terminal shows them'): void {
    if (this.#leftOut.size === 0) return;
    this.#output.line(`(no room for ${[...this.#leftOut].join(', ')}: ${remedy})`);
  }

  /** Where columns of these widths begin: a text in the last one may take what room it likes. */
  #starts(widths: readonly number[]): string {
    return (this.#columns[widths.length - 1]?.isNumeric === true ? widths : widths.slice(0, -1)).join();
  }

  /** Gives whether the names of the columns are to be printed. Columns that were wide before stay so while there is room. */
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
