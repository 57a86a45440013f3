import { type Command, InvalidArgumentError, Option } from 'commander';

/** Names with commas between them. */
export function list(text: string): string[] {
  const names = text.split(',');
  if (names.includes('')) throw new InvalidArgumentError('Names with commas between them are wanted.');
  return names;
}

/** Bytes: a number, with K, M, G or T behind it or without. */
export function size(text: string): number {
  const [, digits, unit] = /^(\d{1,9})([KMGT]?)$/i.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('A number of bytes is wanted, as 67108864 or 64M.');
  return Number(digits) * 1024 ** ['', 'K', 'M', 'G', 'T'].indexOf((unit ?? '').toUpperCase());
}

export function number(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A number is wanted.');
  return Number(text);
}

export function formatOption(): Option {
  return new Option('--format <format>', 'by the name of the file if not given').choices([
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
    .addOption(new Option('--gt <key>', 'only keys above this one').conflicts('gte'))
    .option('--gte <key>', 'only this key and those above')
    .addOption(new Option('--lt <key>', 'only keys below this one').conflicts('lte'))
    .option('--lte <key>', 'only this key and those below')
    .option('--reverse', 'from the last key to the first')
    .option('--limit <n>', 'at most so many entries', number);
}

/** The options of `ReadingOptions` and of `SampleOptions`. */
export function withReadingOptions(command: Command): Command {
  return command
    .addOption(formatOption())
    .option('--encoding <name>', 'of a text that is not UTF-8, as utf-16le, windows-1252 or shift_jis')
    .option('--columns <names>', 'CSV, TSV: the columns of a file whose first row does not name them', list)
    .option('--header', 'CSV, TSV: the first row names the columns; with --columns, it is passed over')
    .option('--no-header', 'CSV, TSV: the first row is a record, whose fields are column1, column2, …')
    .option('--delimiter <text>', 'CSV, TSV: what stands between fields, as ";" or "\\t"', delimiter)
    .option('--quote <character>', 'CSV, TSV: what fields may stand in; " in CSV if not given')
    .option('--no-quote', 'CSV, TSV: fields are as they stand there, as in TSV if not given')
    .option('--null <text>', 'CSV, TSV: a text that stands for an absent field; may be given several times', several)
    .option('--comment <text>', 'CSV, TSV: lines that begin so are passed over')
    .option('--skip <n>', 'CSV, TSV: how many lines are passed over before the first row', number)
    .option('--sample <n>', 'how many records tell a schema: 1000 if not given', positive)
    .option(
      '--type <field=type>',
      'the type of a field where a sample tells the others, as id=u64 or note=utf8?; may be given several times',
      several,
    );
}

function positive(text: string): number {
  const value = number(text);
  if (value === 0) throw new InvalidArgumentError('A number above 0 is wanted.');
  return value;
}

function several(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** A tab can hardly be typed. */
function delimiter(text: string): string {
  return text.replaceAll('\\t', '\t');
}
