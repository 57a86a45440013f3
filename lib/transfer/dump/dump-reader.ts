import { invalidValue } from '../../base/errors.ts';
import { decodeLatin1 } from '../../base/text.ts';
import type { Input } from '../io/input.ts';
import { LineBlocks } from '../io/lines.ts';
import type { Mark, RecordConsumer, RecordReader } from '../reader.ts';
import { atLine } from '../record-error.ts';
import { DUMPED_TIME_BYTES, type DumpHeader, readBytes, readHeader } from './dump-format.ts';

/** What the reader must know of the collection into which a dump is loaded. */
export interface DumpTarget {
  /** Empty for the unnamed database. */
  readonly name: string;
  readonly dupSort: boolean;
  readonly expires: boolean;
  /** The name of the file's only database, if it has only one: that database is loaded whatever its name is. */
  readonly only: string | undefined;
}

/**
 * Reads a dump. Of several databases it reads the one with the collection's name, or without a name. It throws for a line that does
 * not belong in a dump, whatever `onError` says, since nothing after such a line can be trusted.
 */
export class DumpReader implements RecordReader {
  readonly #input: Input;
  readonly #blocks: LineBlocks;
  readonly #target: DumpTarget;
  #block: Buffer | undefined;
  /** The lines of the header that is being read. */
  #header: string[] | undefined = [];
  #database: DumpHeader | undefined;
  #wanted = false;
  #found = false;
  #entries = 0;
  /** A key whose value has not been read yet. */
  #key: Buffer | undefined;
  #mark: Mark;
  #ended = false;

  constructor(input: Input, mark: Mark, target: DumpTarget) {
    this.#input = input;
    this.#target = target;
    this.#blocks = new LineBlocks(input, mark.bytes, mark.line);
    this.#mark = mark;
    const database = mark.database as DumpHeader | undefined;
    if (database === undefined) return;
    this.#header = undefined;
    this.#begin(database);
  }

  async fetch(): Promise<boolean> {
    if (this.#ended) return false;
    this.#block = await this.#blocks.next();
    if (this.#block !== undefined) return true;
    this.#ended = true;
    const { line } = this.#blocks;
    const isBetween = this.#header?.every((each) => each === '') === true;
    if (!isBetween) throw this.#located(invalidValue('the dump ends too early: it has no DATA=END'), line);
    if (!this.#found) {
      throw this.#located(invalidValue(`the dump has no database '${this.#target.name}'`), line);
    }
    return false;
  }

  handOver(consumer: RecordConsumer): void {
    const block = this.#block;
    if (block === undefined) return;
    this.#block = undefined;
    const text = decodeLatin1(block, 0, block.length);
    const origin = this.#blocks.end - block.length;
    let { line } = this.#blocks;
    for (let start = 0; start < text.length; line++) {
      let end = text.indexOf('\n', start);
      if (end < 0) end = text.length;
      const content = text.slice(start, text.charCodeAt(end - 1) === 13 ? end - 1 : end);
      try {
        this.#readLine(content, line, consumer);
      } catch (error) {
        throw this.#located(error, line);
      }
      start = end + 1;
      if (this.#key === undefined) {
        this.#mark = { bytes: origin + start, line: line + 1, database: this.#database };
      }
    }
    this.#blocks.line = line;
  }

  mark(): Mark {
    return this.#mark;
  }

  raw(): Buffer {
    return Buffer.alloc(0);
  }

  #readLine(line: string, number: number, consumer: RecordConsumer): void {
    if (this.#header !== undefined) {
      if (line === 'HEADER=END') {
        const lines = this.#header.filter((each) => each !== '');
        this.#header = undefined;
        this.#begin(readHeader(lines));
      } else {
        this.#header.push(line);
      }
      return;
    }
    if (line === 'DATA=END') {
      if (this.#key !== undefined) throw invalidValue('the last key has no value');
      this.#header = [];
      this.#database = undefined;
      return;
    }
    if (!this.#wanted) return;
    if (line[0] !== ' ')
      throw invalidValue(`a line of data begins with a space, not ${JSON.stringify(line.slice(0, 20))}`);
    const bytes = readBytes(line.slice(1), (this.#database as DumpHeader).print);
    if (this.#key === undefined) {
      this.#key = bytes;
      return;
    }
    const key = this.#key;
    this.#key = undefined;
    this.#entries++;
    if (this.#database?.expires !== true) {
      consumer.entry(key, bytes, number - 1, undefined);
      return;
    }
    if (bytes.length < DUMPED_TIME_BYTES) throw invalidValue('the value has no time before it, as expires=1 says');
    const time = Number(bytes.readBigUInt64BE());
    consumer.entry(key, bytes.subarray(DUMPED_TIME_BYTES), number - 1, time);
  }

  #begin(database: DumpHeader): void {
    this.#database = database;
    const { name, dupSort, expires, only } = this.#target;
    this.#wanted = database.name === undefined || database.name === name || database.name === only;
    if (!this.#wanted) return;
    // An empty database without a name may come before the one with the entries.
    if (this.#entries > 0) throw invalidValue('the dump has this database twice');
    this.#found = true;
    if (database.foreign.length > 0) {
      throw invalidValue(
        `the dump is of a database with the flag ${database.foreign.join()}, whose order leasehold does not have`,
      );
    }
    if (database.dupSort && !dupSort) {
      throw invalidValue('the dump has several values a key: open the collection with `dupSort: true`');
    }
    if (database.expires && !expires) {
      throw invalidValue('the dump has values that expire: open the collection with `expires: true`');
    }
  }

  /** Adds the line to an error. An error of the consumer has its line already: that of the key. */
  #located(error: unknown, line: number): Error {
    if (error instanceof Error && 'line' in error) return error;
    return atLine(error, this.#input.name, line);
  }
}

/** The names of the databases in a dump; undefined is the unnamed one. */
export async function namesInDump(input: Input): Promise<(string | undefined)[]> {
  const names: (string | undefined)[] = [];
  const blocks = new LineBlocks(input, 0, 1);
  let name: string | undefined;
  for (let block = await blocks.next(); block !== undefined; block = await blocks.next()) {
    for (let start = 0; start < block.length; ) {
      let end = block.indexOf('\n', start);
      if (end < 0) end = block.length;
      // Lines of data begin with a space.
      if (block[start] !== 0x20) {
        const line = decodeLatin1(block, start, end).trimEnd();
        if (line.startsWith('database=')) name = line.slice('database='.length);
        if (line === 'HEADER=END') names.push(name);
        if (line === 'DATA=END') name = undefined;
      }
      start = end + 1;
    }
  }
  return names;
}
