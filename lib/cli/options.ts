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
