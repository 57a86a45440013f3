import { bytesToHex } from '../../base/hex.ts';
import type { Line } from '../connection/line.ts';
import type { Statements } from '../sql/statements.ts';

/** Commits that wait for the disk together. */
interface Wait {
  readonly ids: Uint8Array[];
  /** The ids of those that are on the disk, as text. */
  readonly found: Promise<ReadonlySet<string>>;
}

/** Waits until the disk has what was committed without waiting for it. Whoever asks while another one waits shares the next wait. */
export class SharedFlush {
  readonly #line: Line;
  readonly #statements: Statements;
  #last: Promise<unknown> | undefined;
  #next: Wait | undefined;

  constructor(line: Line, statements: Statements) {
    this.#line = line;
    this.#statements = statements;
  }

  /**
   * Fulfilled when the commit with that id is on the disk. Gives false if it is not there: the server that had it has ended before it was on the disk. What
   * `Line.ask` throws.
   */
  async wait(id: Uint8Array): Promise<boolean> {
    this.#next ??= this.#begin();
    this.#next.ids.push(id);
    return (await this.#next.found).has(textOf(id));
  }

  /** The same for a commit that was just asked on a line: in the same trip, and for it alone. */
  async behind(line: Line, id: Uint8Array): Promise<boolean> {
    return (await this.#ask(line, [id])).has(textOf(id));
  }

  #begin(): Wait {
    const ids: Uint8Array[] = [];
    const found = (this.#last ?? Promise.resolve()).then(() => this.#flush(ids));
    this.#last = found.catch(() => {});
    return { ids, found };
  }

  #flush(ids: readonly Uint8Array[]): Promise<ReadonlySet<string>> {
    this.#next = undefined;
    return this.#ask(this.#line, ids);
  }

  async #ask(line: Line, ids: readonly Uint8Array[]): Promise<ReadonlySet<string>> {
    const [row] = await line.ask(this.#statements.flush, [ids]);
    return new Set((row as [Uint8Array[]])[0].map(textOf));
  }
}

function textOf(id: Uint8Array): string {
  return bytesToHex(id, 0, id.length);
}
