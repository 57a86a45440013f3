import { invalidValue } from '../../base/errors.ts';

/*
 * What mdb_dump writes and mdb_load reads: for each database a header of lines `name=value` from VERSION=3 to HEADER=END, then
 * for each entry a line of the key and a line of the value, each behind a space, then DATA=END. With format=bytevalue bytes
 * are pairs of hexadecimal digits; with format=print, printable ASCII stands for itself, and \ before itself or two digits.
 */

/** What a header says of a database. */
export interface DumpHeader {
  /** Undefined for the unnamed database. */
  readonly name: string | undefined;
  readonly print: boolean;
  readonly dupSort: boolean;
  /** Flags that leasehold's codecs cannot serve. */
  readonly foreign: readonly string[];
}

const FOREIGN = ['integerkey', 'reversekey', 'integerdup', 'reversedup', 'dupfixed'];

/** The header made of lines `name=value`. `ERR_INVALID_ARG_VALUE`. */
export function readHeader(lines: readonly string[]): DumpHeader {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf('=');
    if (at < 1) throw invalidValue(`the header has the line ${JSON.stringify(line)}: is this a file of mdb_dump?`);
    fields.set(line.slice(0, at), line.slice(at + 1));
  }
  const version = fields.get('VERSION');
  if (version !== '3') throw invalidValue(`the dump has version ${version ?? '(none)'}: only 3 is known`);
  const format = fields.get('format') ?? 'print';
  if (format !== 'bytevalue' && format !== 'print') throw invalidValue(`the dump has the unknown format '${format}'`);
  const type = fields.get('type') ?? 'btree';
  if (type !== 'btree') throw invalidValue(`the dump is of a '${type}', not of a btree`);
  const isSet = (name: string): boolean => fields.get(name) === '1';
  return {
    name: fields.get('database'),
    print: format === 'print',
    dupSort: isSet('duplicates') || isSet('dupsort'),
    foreign: FOREIGN.filter(isSet),
  };
}

/** The bytes that a line stands for, without the space before them. `ERR_INVALID_ARG_VALUE`. */
export function readBytes(line: string, print: boolean): Buffer {
  if (!print) {
    const bytes = Buffer.from(line, 'hex');
    // What is no hexadecimal digit ends it early.
    if (2 * bytes.length !== line.length) throw invalidValue('the line is not made of pairs of hexadecimal digits');
    return bytes;
  }
  if (!line.includes('\\')) return Buffer.from(line, 'latin1');
  const text = line.replace(/\\(\\|[0-9a-f]{2})?/gi, (_, escaped: string | undefined) => {
    if (escaped === undefined) throw invalidValue('a \\ stands before what is neither \\ nor two hexadecimal digits');
    return escaped === '\\' ? escaped : String.fromCharCode(Number.parseInt(escaped, 16));
  });
  return Buffer.from(text, 'latin1');
}
