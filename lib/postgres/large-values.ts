import { randomUUID } from 'node:crypto';
import { LeaseholdError } from '../base/errors.ts';
import type { Line } from './connection/line.ts';
import type { Statements } from './sql/statements.ts';

/** A larger value is stored in pieces: as one field of a row it would take several times as long, and that much more memory. */
export const MOST_INLINE_BYTES: number = 2 ** 20;
const PIECE_BYTES = 2 ** 20;
/** How many pieces are under way at once. */
const PIECES_AT_ONCE = 4;

/** Values that are stored in pieces. They go through other connections than small ones, which need not wait. */
export class LargeValues {
  readonly #read: Line;
  readonly #write: Line;
  readonly #statements: Statements;

  constructor(read: Line, write: Line, statements: Statements) {
    this.#read = read;
    this.#write = write;
    this.#statements = statements;
  }

  /** Stores the pieces of a value, and gives its id, which is to be committed. */
  async store(bytes: Uint8Array): Promise<string> {
    const id = randomUUID();
    await this.#write.ask(this.#statements.upload, [id]);
    try {
      await inTurns(Math.ceil(bytes.length / PIECE_BYTES), async (number) => {
        const piece = bytes.subarray(number * PIECE_BYTES, (number + 1) * PIECE_BYTES);
        await this.#write.ask(this.#statements.piece, [id, number, piece]);
      });
    } catch (error) {
      this.drop([id]);
      throw error;
    }
    return id;
  }

  /** Nobody will commit these values. Those that cannot be dropped now are found later, by their age. */
  drop(ids: readonly string[]): void {
    for (const id of ids) this.#write.ask(this.#statements.dropUpload, [id]).catch(() => {});
  }

  /** `ERR_SNAPSHOT_LOST` if the pieces are gone: the value was overwritten, and nobody has held the snapshot. */
  async load(id: string): Promise<Uint8Array> {
    const [row] = await this.#read.ask(this.#statements.sizeOfPieces, [id]);
    const size = (row?.[0] as number | null) ?? 0;
    const bytes = new Uint8Array(size);
    await inTurns(Math.ceil(size / PIECE_BYTES), async (number) => {
      const [found] = await this.#read.ask(this.#statements.pieces, [id, number, 1]);
      if (found === undefined) throw piecesGone();
      bytes.set(found[0] as Uint8Array, number * PIECE_BYTES);
    });
    if (size === 0) throw piecesGone();
    return bytes;
  }
}

/** Calls `fn` for each number below `count`, a few at once. */
async function inTurns(count: number, fn: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const turn = async (): Promise<void> => {
    while (next < count) await fn(next++);
  };
  await Promise.all(Array.from({ length: Math.min(PIECES_AT_ONCE, count) }, turn));
}

function piecesGone(): LeaseholdError {
  return new LeaseholdError('ERR_SNAPSHOT_LOST', 'a large value was overwritten while it was read: read it again');
}
