import { createHash } from 'node:crypto';

/** The text format of mdb_dump and mdb_load, with every byte in hexadecimal (`format=bytevalue`). */

export type Entries = [key: Buffer, value: Buffer][];

/** What a dump holds for one database; `undefined` is the name of the unnamed one. */
export type Dump = Map<string | undefined, Entries>;

export function parseDump(text: string): Dump {
  const databases: Dump = new Map();
  let name: string | undefined;
  let bytes: Buffer[] | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith(' ')) {
      if (bytes === undefined) throw new Error(`a line of data in the header: ${line}`);
      bytes.push(Buffer.from(line.slice(1), 'hex'));
    } else if (line.startsWith('database=')) {
      name = line.slice('database='.length);
    } else if (line === 'HEADER=END') {
      bytes = [];
    } else if (line === 'DATA=END') {
      databases.set(name, pairs(bytes ?? []));
      name = undefined;
      bytes = undefined;
    }
  }
  if (bytes !== undefined) throw new Error('the dump ends in the middle of its data');
  return databases;
}

function pairs(bytes: Buffer[]): Entries {
  const entries: Entries = [];
  for (let i = 0; i < bytes.length; i += 2) entries.push([bytes[i] as Buffer, bytes[i + 1] as Buffer]);
  return entries;
}

/**
 * The text that mdb_load takes for one database, with its flags as mdb_dump names them. Its keys must be in order if mdb_load
 * is to append.
 */
export function formatDump(name: string | undefined, entries: Entries, flags: string[] = []): string {
  const header = ['VERSION=3', 'format=bytevalue', ...(name === undefined ? [] : [`database=${name}`]), 'type=btree'];
  for (const flag of flags) header.push(`${flag}=1`);
  const data = entries.flatMap(([key, value]) => [` ${key.toString('hex')}`, ` ${value.toString('hex')}`]);
  return `${[...header, 'mapsize=67108864', 'HEADER=END', ...data, 'DATA=END'].join('\n')}\n`;
}

/** Entries as text, which prints better than Buffers where a comparison fails; long values by their hash. */
export function printable(entries: Iterable<readonly [Uint8Array, Uint8Array]>): string[] {
  return Array.from(entries, ([key, value]) => `${Buffer.from(key).toString('hex')} ${describe(value)}`);
}

function describe(value: Uint8Array): string {
  if (value.length <= 64) return Buffer.from(value).toString('hex');
  return `${value.length} bytes, SHA-256 ${createHash('sha256').update(value).digest('hex')}`;
}
