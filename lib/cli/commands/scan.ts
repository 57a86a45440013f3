import type { Range } from '../../read/range.ts';
import { type Opened, openCollection, withDatabase } from '../database.ts';
import { type Entries, entryPrinter, type PrintOptions, type Shown } from '../entry-printer.ts';
import { asUsage, DONE, Failure, USAGE } from '../failure.ts';
import { Output } from '../output.ts';
import { boundsOf, type RangeCommandOptions } from '../range-options.ts';

export interface ScanOptions extends RangeCommandOptions, PrintOptions {
  count?: true;
  /** True for the first page. */
  cursor?: string | true;
}

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
  const printer = entryPrinter(opened, options, output);
  await printer.print(entries);
  printer.end();
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

/** Throws a `Failure` if the collection does not have these fields. */
export function checkFields({ fields, name, value }: Shown, wanted: readonly string[] | undefined): void {
  if (wanted === undefined) return;
  if (!value.objects) {
    throw new Failure(USAGE, `the values of '${name}' have no fields: their codec is ${value.name}`);
  }
  const unknown = fields === undefined ? undefined : wanted.find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw new Failure(USAGE, `the records of '${name}' have no field '${unknown}'; they have ${fields?.join(', ')}`);
  }
}
