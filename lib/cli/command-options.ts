import { type Command, InvalidArgumentError, Option } from 'commander';

/** The names of the codecs, in the order of the help. Repeated here, since most commands need no codec and load none. */
export const KEY_CODECS: readonly string[] = ['tuple', 'utf8', 'uint32', 'bytes'];
export const VALUE_CODECS: readonly string[] = ['json', 'msgpack', 'utf8', 'bytes', 'uint32', 'tuple'];

/** Makes an action of commander from a function that returns an exit code. The function loads the command when it is called. */
export type Calling = <A extends unknown[]>(command: (...args: A) => Promise<number>) => (...given: A) => Promise<void>;

/** Defines a command. `usage` is its name and its arguments. */
export function command(program: Command, usage: string, description: string, examples: readonly string[]): Command {
  const shown = examples.map((example) => `  ${example}`).join('\n');
  return program
    .command(usage)
    .description(description)
    .addHelpText('after', `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n${shown}`);
}

/** Prints what commander has for standard output. Its reader may have gone, as `head` does. */
export function printHelp(text: string): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.stdout.write(text);
}

/** Parses names with commas between them. */
export function list(text: string): string[] {
  const names = text.split(',');
  if (names.includes('')) throw new InvalidArgumentError('It must be names with commas between them.');
  return names;
}

/** Parses a number of bytes, which may end in K, M, G or T. */
export function size(text: string): number {
  const [, digits, unit] = /^(\d{1,9})([KMGT]?)$/i.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('It must be a number of bytes, such as 67108864 or 64M.');
  return Number(digits) * 1024 ** ['', 'K', 'M', 'G', 'T'].indexOf((unit ?? '').toUpperCase());
}

export function number(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a number.');
  return Number(text);
}

export function formatOption(): Option {
  return new Option('--format <format>', 'default: by the name of the file').choices([
    'ndjson',
    'json',
    'csv',
    'tsv',
    'dump',
  ]);
}

/** The options of `RangeCommandOptions`. */
export function withRangeOptions(command: Command): Command {
  return command
    .option('--prefix <key>', 'only keys that begin with these elements (tuple) or bytes (utf8, bytes)')
    .option('--gt <key>', 'only keys above this one')
    .option('--gte <key>', 'only this key and those above')
    .option('--lt <key>', 'only keys below this one')
    .option('--lte <key>', 'only this key and those below')
    .option('--reverse', 'from the last key to the first')
    .option('--limit <n>', 'at most so many entries', number)
    .option('--offset <n>', 'leave out so many entries at the beginning', number)
    .option('--distinct', 'of several values a key, only the first one');
}

/** The options of `ReadingOptions` and of `SampleOptions`. */
export function withReadingOptions(command: Command): Command {
  return command
    .addOption(formatOption())
    .option('--encoding <name>', 'of a text that is not UTF-8, such as utf-16le, windows-1252 or shift_jis')
    .option('--columns <names>', 'CSV, TSV: the columns of a file whose first row does not name them', list)
    .option('--header', 'CSV, TSV: the first row names the columns; with --columns, that row is skipped')
    .option('--no-header', 'CSV, TSV: the first row is a record, whose fields are column1, column2, …')
    .option('--delimiter <text>', 'CSV, TSV: the text between fields, such as ";" or "\\t"', delimiter)
    .option('--quote <character>', 'CSV, TSV: the character around fields (default: " in CSV)')
    .option('--no-quote', 'CSV, TSV: no character is a quote (default in TSV)')
    .option('--null <text>', 'CSV, TSV: a text that stands for an absent field; may be given several times', several)
    .option('--comment <text>', 'CSV, TSV: skip lines that begin with this text')
    .option('--skip <n>', 'CSV, TSV: skip so many lines before the first row', number)
    .option('--sample <n>', 'how many records are read to find a schema (default: 1000)', positive)
    .option(
      '--type <field=type>',
      'the type of a field, such as id=u64 or note=utf8?; the sample gives the others; may be given several times',
      several,
    );
}

function positive(text: string): number {
  const value = number(text);
  if (value === 0) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function several(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** A tab is typed as \\t. */
function delimiter(text: string): string {
  return text.replaceAll('\\t', '\t');
}
