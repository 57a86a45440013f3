import { bytesToHex } from '../../base/hex.ts';
import { native } from '../../native/native.ts';
import type { Entry } from '../../read/entry.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { Value } from '../../value/value.ts';
import type { RecordWriter } from '../export/record-writer.ts';

/** mdb_load 0.9 forgets the flags of the first database that it reads. So this empty one, which has no flags, comes first. */
const EMPTY = 'VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\nDATA=END\n';

/** Writes a dump for mdb_load, with the stored bytes in hexadecimal. The entries must be of the codec `bytes`. */
export class DumpWriter implements RecordWriter {
  #text: string;

  constructor(collection: OpenCollection) {
    const { pageSize } = native.stat(collection.environment.native);
    const { mapSize, maxReaders } = native.info(collection.environment.native);
    const header = [
      'VERSION=3',
      'format=bytevalue',
      ...(collection.name === '' ? [] : [`database=${collection.name}`]),
      'type=btree',
      `mapsize=${mapSize}`,
      `maxreaders=${maxReaders}`,
      ...(collection.dupSort ? ['duplicates=1', 'dupsort=1'] : []),
      `db_pagesize=${pageSize}`,
      'HEADER=END\n',
    ];
    this.#text = (collection.dupSort ? EMPTY : '') + header.join('\n');
  }

  add({ key, value }: Entry<unknown, unknown>): number {
    this.#text += ` ${hexOf(key)}\n ${hexOf(value)}\n`;
    return this.#text.length;
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  end(): string {
    return 'DATA=END\n';
  }
}

function hexOf(value: unknown): string {
  const bytes = (value as Value).toBuffer();
  return bytesToHex(bytes, 0, bytes.length);
}
