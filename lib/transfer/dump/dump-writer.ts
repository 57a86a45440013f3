import { bytesToHex } from '../../base/hex.ts';
import { native } from '../../native/native.ts';
import type { Entry } from '../../read/entry.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { Value } from '../../value/value.ts';
import { exportedTime, type RecordWriter } from '../export/record-writer.ts';
import { DUMPED_TIME_BYTES } from './dump-format.ts';

/** mdb_load 0.9 forgets the flags of the first database that it reads. So this empty one, which has no flags, comes first. */
const EMPTY = 'VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\nDATA=END\n';

/** Writes a dump for mdb_load, with the stored bytes in hexadecimal. The entries must be of the codec `bytes`. */
export class DumpWriter implements RecordWriter {
  readonly #times: boolean;
  #text: string;

  /** With `times`, the time of each entry stands before its value: see dump-format.ts. */
  constructor(collection: OpenCollection, times: boolean) {
    this.#times = times;
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
      ...(times ? ['expires=1'] : []),
      `db_pagesize=${pageSize}`,
      'HEADER=END\n',
    ];
    this.#text = (collection.dupSort ? EMPTY : '') + header.join('\n');
  }

  add(entry: Entry<unknown, unknown>): number {
    const time = this.#times
      ? exportedTime(entry)
          .toString(16)
          .padStart(2 * DUMPED_TIME_BYTES, '0')
      : '';
    this.#text += ` ${hexOf(entry.key)}\n ${time}${hexOf(entry.value)}\n`;
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
