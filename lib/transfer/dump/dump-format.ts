import { invalidValue } from '../../base/errors.ts';

/*
 * The format that mdb_dump writes and mdb_load reads. Each database has a header: lines `name=value` from VERSION=3 to HEADER=END. For each
 * entry there is a line with the key and a line with the value, each after a space. DATA=END ends the database. With format=bytevalue, bytes
 * are pairs of hexadecimal digits. With format=print, printable ASCII is written as it is, \ as \\, and any other byte as \ and two digits.
 *
 * leasehold adds one line to a header, which mdb_load passes over with a warning: with expires=1, each value begins with its time of expiry, a
 * big-endian u64 in ms since 1970, 0 for a value that stays.
 */

/** How many bytes stand before a value in a dump with expires=1. */
export const DUMPED_TIME_BYTES = 8;

/** What a header says about a database. */
export interface DumpHeader {
  /** Undefined for the unnamed database. */
  readonly name: string | undefined;
  readonly print: boolean;
  readonly dupSort: boolean;
  /** Whether each value begins with its time of expiry. */
  readonly expires: boolean;
  /** Flags of an order that leasehold does not have. */
  readonly foreign: readonly string[];
}

const FOREIGN = ['integerkey', 'reversekey', 'integerdup', 'reversedup', 'dupfixed'];

/** Reads the lines `name=value` of a header. `ERR_INVALID_ARG_VALUE`. */
export function readHeader(lines: readonly string[]): DumpHeader {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf('=');
    if (at < 1) throw invalidValue(`the header has the line ${JSON.stringify(line)}: is this a file of mdb_dump?`);
    fields.set(line.slice(0, at), line.slice(at + 1));
  }
  const version = fields.get('VERSION');
  if (version !== '3') throw invalidValue(`the dump has version ${version ?? '(none)'}: only version 3 can be read`);
  const format = fields.get('format') ?? 'print';
  if (format !== 'bytevalue' && format !== 'print') throw invalidValue(`the dump has the unknown format '${format}'`);
  const type = fields.get('type') ?? 'btree';
  if (type !== 'btree') throw invalidValue(`the dump is of a '${type}', not of a btree`);
  const isSet = (name: string): boolean => fields.get(name) === '1';
  return {
    name: fields.get('database'),
    print: format === 'print',
    dupSort: isSet('duplicates') || isSet('dupsort'),
    expires: isSet('expires'),
    foreign: FOREIGN.filter(isSet),
  };
}

/** Decodes a line, given without the space before it. `ERR_INVALID_ARG_VALUE`. */
export function readBytes(line: string, print: boolean): Buffer {
  if (!print) {
    const bytes = Buffer.from(line, 'hex');
    // Buffer.from stops at the first character that is not a hexadecimal digit.
    if (2 * bytes.length !== line.length) throw invalidValue('the line is not made of pairs of hexadecimal digits');
    return bytes;
  }
  if (!line.includes('\\')) return Buffer.from(line, 'latin1');
  const text = line.replace(/\\(\\|[0-9a-f]{2})?/gi, (_, escaped: string | undefined) => {
    if (escaped === undefined) throw invalidValue('after a \\ there must be another \\ or two hexadecimal digits');
    return escaped === '\\' ? escaped : String.fromCharCode(Number.parseInt(escaped, 16));
  });
  return Buffer.from(text, 'latin1');
}
