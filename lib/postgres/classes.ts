import { utf8Bytes, utf8Slice } from '../base/platform.ts';
import type { ClassRow } from '../versions/engine/object-source.ts';
import type { Line } from './connection/line.ts';
import type { Statements } from './sql/statements.ts';

/** The classes of the objects of a store, each with the number that stands in records. One that is there stays. */
export class Classes {
  readonly #read: Line;
  readonly #write: Line;
  readonly #statements: Statements;

  constructor(read: Line, write: Line, statements: Statements) {
    this.#read = read;
    this.#write = write;
    this.#statements = statements;
  }

  async all(): Promise<[number: number, row: ClassRow][]> {
    const rows = await this.#read.ask(this.#statements.classes, []);
    return rows.map(([number, row]) => [number as number, classRow(row as Uint8Array)]);
  }

  /** The number of a class, which is added if it is absent. */
  async add(row: ClassRow): Promise<number> {
    for (;;) {
      const [found] = await this.#write.ask(this.#statements.addClass, [utf8Bytes(JSON.stringify(row))]);
      // Nothing, if somebody else adds it at the same moment.
      if (found !== undefined) return found[0] as number;
    }
  }
}

function classRow(bytes: Uint8Array): ClassRow {
  return JSON.parse(utf8Slice(bytes, 0, bytes.length)) as ClassRow;
}
