import { LeaseholdError } from '../../base/errors.ts';
import type { Entry } from '../../read/entry.ts';
import type { Range } from '../../read/range.ts';
import { cellOf } from '../cell.ts';
import { type Opened, openCollection, withDatabase } from '../database.ts';
import { asUsage, DONE, Failure, USAGE } from '../failure.ts';
import { printFields } from '../fields.ts';
import { Output } from '../output.ts';
import { plainValue } from '../printable.ts';
import { boundsOf, type RangeCommandOptions } from '../range-options.ts';
import { Table } from '../terminal-table.ts';

export interface ScanOptions extends RangeCommandOptions {
  fields?: string[];
  json?: true;
  vertical?: true;
  count?: true;
  /** True for the first page. */
  cursor?: string | true;
}

/** How many rows are printed on a terminal together. */
const PAGE = 100;

/** `leasehold scan` */
export function scan(path: string, name: string, options: ScanOptions): Promise<number> {
  return withDatabase(path, 'read', async (env) => {
    const opened = openCollection(env, name);
    checkFields(opened, options.fields);
    const output = new Output();
    const { cursor } = options;
    if (cursor !== undefined && options.limit === undefined) throw new Failure(USAGE, '--cursor needs --limit');
    const bounds = boundsOf(options, opened);
    // A page is printed when it has been read.
    if (cursor !== undefined) bounds.onEnd = 'copy';
    if (typeof cursor === 'string') bounds.cursor = cursor;
    const range = asUsage(() => opened.collection.range(bounds));
    if (options.count === true) output.line(String(range.count()));
    else if (cursor === undefined) await print(range, opened, options, output);
    else await printPage(range, opened, options, output);
    await output.flush();
    return DONE;
  });
}

async function print(entries: Entries, opened: Opened, options: ScanOptions, output: Output): Promise<void> {
  if (options.vertical === true) await printVertical(entries, opened, options, output);
  else if (output.isTerminal && options.json !== true) await printTable(entries, opened, options, output);
  else await printLines(entries, opened, options, output);
}

/** Prints one page, and on standard error the cursor of the next one. */
async function printPage(
  range: Range<unknown, unknown>,
  opened: Opened,
  options: ScanOptions,
  output: Output,
): Promise<void> {
  const { items, cursor } = asUsage(() => range.page());
  await print(items, opened, options, output);
  await output.flush();
  if (cursor !== undefined) process.stderr.write(`--cursor ${cursor}\n`);
}

function checkFields({ fields, name, value }: Opened, wanted: readonly string[] | undefined): void {
  if (wanted === undefined) return;
  if (!value.objects) {
    throw new Failure(USAGE, `the values of '${name}' have no fields: their codec is ${value.name}`);
  }
  const unknown = fields === undefined ? undefined : wanted.find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw new Failure(USAGE, `the records of '${name}' have no field '${unknown}'; they have ${fields?.join(', ')}`);
  }
}

type Entries = Iterable<Entry<unknown, unknown>>;

async function printLines(range: Entries, opened: Opened, { fields }: ScanOptions, output: Output): Promise<void> {
  for (const { key, value } of readable(range, opened, fields)) {
    output.line(`{"key":${key},"value":${JSON.stringify(value)}}`);
    if (output.isFull) await output.flush();
  }
}

async function printVertical(range: Entries, opened: Opened, { fields }: ScanOptions, output: Output): Promise<void> {
  let isFirst = true;
  for (const { key, value } of readable(range, opened, fields)) {
    if (!isFirst) output.line('');
    isFirst = false;
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    printFields(output, [['key', key], ...(isRecord ? Object.entries(value) : [['value', value] as const])]);
    if (output.isFull) await output.flush();
  }
}

async function printTable(range: Entries, opened: Opened, { fields }: ScanOptions, output: Output): Promise<void> {
  const table = new Table(output);
  const columns = fields ?? opened.fields;
  let rows: Row[] = [];
  const print = async (): Promise<void> => {
    const shown = columns ?? commonFields(rows);
    const cells = rows.map(({ keyCell, value }) =>
      shown === undefined
        ? [keyCell, cellOf(value)]
        : [keyCell, ...shown.map((field) => (value as Record<string, unknown> | null)?.[field])],
    );
    table.print(['key', ...(shown ?? ['value'])], cells);
    rows = [];
    await output.flush();
  };
  for (const row of readable(range, opened, fields)) {
    rows.push(row);
    if (rows.length === PAGE) await print();
  }
  if (rows.length > 0) await print();
  table.end('use --fields, --vertical or a wider terminal');
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
function* readable(range: Entries, opened: Opened, fields: readonly string[] | undefined): Generator<Row> {
  for (const entry of range) {
    const key = opened.key.text.toJson(entry.key);
    let value: unknown;
    try {
      value = plainValue(entry.value, opened, fields);
    } catch (error) {
      if (!(error instanceof LeaseholdError)) throw error;
      throw new LeaseholdError(error.code, `the value of the key ${key}: ${error.message}`, { cause: error });
    }
    yield { key, keyCell: typeof entry.key === 'number' ? entry.key : key, value };
  }
}
