import { mixed } from '../mix.ts';
import { Entry, EntryList } from '../structures/entry-list.ts';
import { GhostTable } from '../structures/ghost-table.ts';
import { HitCounters } from '../structures/hit-counters.ts';
import { Policy } from './policy.ts';
import { REMEMBERED, S3Fifo } from './s3-fifo.ts';

/** The size that objects are taken to have, where the sizes of tables are chosen. */
const USUAL_SIZE = 256;
const MOST_CELLS = 2 ** 24;

class Hashed extends Entry {
  readonly hash: number = mixed(this.key, 0);
}

/** A queue that counts what has been put into it. */
class Queue extends EntryList {
  pushed: number = 0;

  override push(entry: Entry): void {
    super.push(entry);
    this.pushed++;
  }

  override shift(): Hashed | undefined {
    return super.shift() as Hashed | undefined;
  }
}

/** The cache's own policy, S3-FIFO, with its queues in memory. */
export class S3FifoPolicy extends Policy<Hashed> {
  readonly #small = new Queue();
  readonly #main = new Queue();
  readonly #fifo: S3Fifo<Hashed>;

  constructor(capacity: number, regardsSizes: boolean = true) {
    super(capacity);
    const cells = Math.min(MOST_CELLS, 2 ** Math.ceil(Math.log2(Math.max(1024, (4 * capacity) / USUAL_SIZE))));
    this.#fifo = new S3Fifo<Hashed>({
      capacity,
      small: this.#small,
      main: this.#main,
      counters: new HitCounters(new Uint8Array(cells), regardsSizes ? undefined : 3),
      ghosts: new GhostTable(new Uint32Array(2 * cells), REMEMBERED * capacity),
      regardsSizes,
      evicted: (entry) => this.leave(entry),
    });
  }

  protected hit({ hash }: Hashed): void {
    this.#fifo.hit(hash);
  }

  protected admit(key: number, size: number): void {
    const entry = new Hashed(key, size);
    const before = this.#small.pushed + this.#main.pushed;
    const hasEntered = this.#fifo.admit(entry);
    // What moved to another queue or got another round was written, too; `enter` counts the entry itself.
    this.writes += this.#small.pushed + this.#main.pushed - before - (hasEntered ? 1 : 0);
    if (hasEntered) this.enter(entry);
  }

  protected removed(entry: Hashed): void {
    entry.list?.delete(entry);
  }
}

/** S3-FIFO as it was published. */
export class PlainS3Fifo extends S3FifoPolicy {
  constructor(capacity: number) {
    super(capacity, false);
  }
}
