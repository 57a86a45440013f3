import { LeaseholdError } from '../base/errors.ts';
import { cellOf } from './cell.ts';
import type { Opened } from './database.ts';
import { printFields } from './fields.ts';
import type { Output } from './output.ts';
import { plainValue } from './printable.ts';
import { Table } from './terminal-table.ts';

export interface PrintOptions {
  fields?: string[];
  json?: true;
  vertical?: true;
}

/** What is printed of a collection, whether it is in a folder or on a server. */
export type Shown = Pick<Opened, 'name' | 'key' | 'value' | 'fields'>;

export type Entries = Iterable<{ readonly key: unknown; readonly value: unknown }>;

/** Prints entries: call `print` with some of them, any number of times, then `end`. */
export interface EntryPrinter {
  print(entries: Entries): Promise<void>;
  end(): void;
}

/** How many rows are printed on a terminal together. */
const PAGE = 100;

/** The printer for the form that the options and the output ask for. */
export function entryPrinter(shown: Shown, options: PrintOptions, output: Output): EntryPrinter {
  if (options.vertical === true) return new VerticalPrinter(shown, options, output);
  if (output.isTerminal && options.json !== true) return new TablePrinter(shown, options, output);
  return {
    print: async (entries) => {
      for (const { key, value } of readable(entries, shown, options.fields)) {
        output.line(`{"key":${key},"value":${JSON.stringify(value)}}`);
        if (output.isFull) await output.flush();
      }
    },
    end: () => {},
  };
}

class VerticalPrinter implements EntryPrinter {
  readonly #shown: Shown;
  readonly #options: PrintOptions;
  readonly #output: Output;
  #isFirst = true;

  constructor(shown: Shown, options: PrintOptions, output: Output) {
    this.#shown = shown;
    this.#options = options;
    this.#output = output;
  }

  async print(entries: Entries): Promise<void> {
    const output = this.#output;
    for (const { key, value } of readable(entries, this.#shown, this.#options.fields)) {
      if (!this.#isFirst) output.line('');
      this.#isFirst = false;
      const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
      printFields(output, [['key', key], ...(isRecord ? Object.entries(value) : [['value', value] as const])]);
      if (output.isFull) await output.flush();
    }
  }

  end(): void {}
}

class TablePrinter implements EntryPrinter {
  readonly #shown: Shown;
  readonly #options: PrintOptions;
  readonly #output: Output;
  readonly #table: Table;

  constructor(shown: Shown, options: PrintOptions, output: Output) {
    this.#shown = shown;
    this.#options = options;
    this.#output = output;
    this.#table = new Table(output);
  }

  async print(entries: Entries): Promise<void> {
    let rows: Row[] = [];
    for (const row of readable(entries, this.#shown, this.#options.fields)) {
      rows.push(row);
      if (rows.length < PAGE) continue;
      this.#printRows(rows);
      rows = [];
      await this.#output.flush();
    }
    if (rows.length > 0) this.#printRows(rows);
    await this.#output.flush();
  }

  end(): void {
    this.#table.end('use --fields, --vertical or a wider terminal');
  }

  #printRows(rows: readonly Row[]): void {
    const columns = this.#options.fields ?? this.#shown.fields ?? commonFields(rows);
    const cells = rows.map(({ keyCell, value }) =>
      columns === undefined
        ? [keyCell, cellOf(value)]
        : [keyCell, ...columns.map((field) => (value as Record<string, unknown> | null)?.[field])],
    );
    this.#table.print(['key', ...(columns ?? ['value'])], cells);
  }
}

interface Row {
  /** JSON */
  key: string;
  /** The same in a table: a number is one. */
  keyCell: string | number;
  value: unknown;
}

/** The field names of the objects of a page; undefined if some values are not objects, or if there are too many names for columns. */
function commonFields(rows: readonly Row[]): string[] | undefined {
  const names = new Set<string>();
  for (const { value } of rows) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    for (const name of Object.keys(value)) names.add(name);
  }
  return names.size > 0 && names.size <= 16 ? [...names] : undefined;
}

/** Entries in the form in which they are printed. The error for a value that cannot be read names its key. */
function* readable(range: Entries, shown: Shown, fields: readonly string[] | undefined): Generator<Row> {
  for (const entry of range) {
    const typedKey = entry.key;
    const key = shown.key.text.toJson(typedKey);
    let value: unknown;
    try {
      value = plainValue(entry.value, shown, fields);
    } catch (error) {
      if (!(error instanceof LeaseholdError)) throw error;
      throw new LeaseholdError(error.code, `the value of the key ${key}: ${error.message}`, { cause: error });
    }
    yield { key, keyCell: typeof typedKey === 'number' ? typedKey : key, value };
  }
}
