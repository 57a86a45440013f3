import { allocate } from '../base/allocate.ts';
import { Lease, NO_VIEWS, type Views } from '../lease/lease.ts';
import { currentTable, renewTable } from '../lease/row-table.ts';
import {
  CONTROL_BASE,
  CONTROL_KEY_EXTENT,
  CONTROL_KEY_LENGTH,
  CONTROL_KEY_WINDOW,
  CONTROL_OTHER_KEY_EXTENT,
  CONTROL_OTHER_KEY_WINDOW,
  CONTROL_OTHER_VALUE_EXTENT,
  CONTROL_OTHER_VALUE_WINDOW,
  CONTROL_ROWS,
  CONTROL_VALUE_EXTENT,
  CONTROL_VALUE_LENGTH,
  CONTROL_VALUE_WINDOW,
  NEEDS_TABLE,
  PRIVATE_ROW,
} from '../native/constants.ts';
import type { Handle } from '../native/handles.ts';
import { control, native } from '../native/native.ts';
import { RangeEntry } from '../read/range-classes.ts';
import type { EntryLike } from '../read/entry-source.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import { transactionEnded } from '../transaction/open-write.ts';
import type { GivenSide } from './given-side.ts';
import { JoinPlan } from './join-plan.ts';

/** The place of an iterator that has reached its end, and the end of its batch: so low that `next` always calls `#advance`. */
const END = -8;
const NO_BATCH = -(2 ** 30);

/** How many pairs a batch has at first and at most. Batches grow, so that a short join reads little ahead. */
const FIRST_ROWS = 8;
const MOST_ROWS = 512;

/** How many entries of the build side one step of `prepare` reads. */
const BUILD_STEP = 65_536;

interface AnyPair {
  readonly build: EntryLike | undefined;
  readonly probe: EntryLike;
}

/** Iterates over the pairs of a join. It fetches them in batches, which have a lease for each side: pair i is row i of both leases. */
export class JoinIterator implements IterableIterator<AnyPair, undefined> {
  readonly #plan: JoinPlan;
  /** Whether a pair can have a build entry, and whether every pair has one. */
  readonly #builds: boolean;
  readonly #pairsAll: boolean;
  #transaction: OpenRead | undefined;
  /** The transaction that this iterator opened itself. */
  #own: OpenRead | undefined;
  #join: Handle = -1;
  #built = false;
  /** The sides whose entries functions in JavaScript make. The rows of such a side have the indices of the entries in `items`. */
  #givenBuild: GivenSide | undefined;
  #givenProbe: GivenSide | undefined;
  /** The leases of the batch, the place of the next row in them, and the place after the last row. */
  #build: Lease | undefined;
  #probe: Lease | undefined;
  #at = 0;
  #end = 0;
  #rows = FIRST_ROWS;
  #done = false;

  constructor(plan: JoinPlan) {
    this.#plan = JoinPlan.check(plan);
    this.#builds = plan.type === 'inner' || plan.type === 'left';
    this.#pairsAll = plan.type === 'inner';
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<AnyPair, undefined> {
    let at = this.#at;
    if (at >= this.#end || !this.#isOpen()) at = this.#advance();
    this.#at = at + 4;
    return { done: at < 0, value: at < 0 ? undefined : this.#pair(at) } as IteratorResult<AnyPair, undefined>;
  }

  return(): IteratorResult<AnyPair, undefined> {
    this.#checkIdle();
    this.#close();
    return { done: true, value: undefined };
  }

  /** Does one step of the work that comes before the first pair. Returns true if there is more of it. */
  prepare(): boolean {
    if (this.#done || this.#built) return false;
    this.#checkIdle();
    try {
      this.#open();
      if (this.#give(this.#givenBuild) || this.#give(this.#givenProbe)) return true;
      this.#built = native.joinBuild(this.#join, BUILD_STEP);
    } catch (error) {
      this.#close();
      throw error;
    }
    return !this.#built;
  }

  /** Goes to the end without making pairs. Returns how many there were. */
  count(): number {
    while (this.prepare());
    try {
      return native.joinCount(this.#join);
    } finally {
      this.#close();
    }
  }

  /** Throws `ERR_BUSY` inside a user's function that this join has called. */
  #checkIdle(): void {
    this.#givenBuild?.checkIdle();
    this.#givenProbe?.checkIdle();
  }

  /** Gives the next entries of a side to the native join. Returns true if there may be more. */
  #give(side: GivenSide | undefined): boolean {
    return side?.give(this.#join, () => this.#checkOpen()) === true;
  }

  #checkOpen(): void {
    if (!this.#isOpen()) throw transactionEnded('while it was being joined');
  }

  #isOpen(): boolean {
    return (this.#transaction as OpenRead).open && this.#plan.isOpen;
  }

  #pair(at: number): AnyPair {
    const build = this.#build as Lease;
    const hasBuild = this.#pairsAll || (this.#builds && isEntry(build, at));
    if (this.#givenBuild !== undefined || this.#givenProbe !== undefined) return this.#givenPair(at, hasBuild);
    return {
      build: hasBuild ? new RangeEntry(build, at) : undefined,
      probe: new RangeEntry(this.#probe as Lease, at),
    };
  }

  /** A pair of a join with a side whose entries functions have made: the pair has the very object that they made. */
  #givenPair(at: number, hasBuild: boolean): AnyPair {
    const entry = (lease: Lease, given: GivenSide | undefined): EntryLike =>
      given === undefined
        ? new RangeEntry(lease, at)
        : (given.items[lease.table[lease.base + at] as number] as EntryLike);
    return {
      build: hasBuild ? entry(this.#build as Lease, this.#givenBuild) : undefined,
      probe: entry(this.#probe as Lease, this.#givenProbe),
    };
  }

  /** Fetches the next batch. Returns the place of its first row, or END after the last batch. */
  #advance(): number {
    while (this.prepare());
    if (this.#done) return END;
    try {
      this.#checkOpen();
      if (this.#fill()) return 0;
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#close();
    return END;
  }

  #open(): void {
    if (this.#transaction === undefined) {
      const { transaction, own } = this.#plan.begin(this);
      this.#transaction = transaction;
      this.#own = own;
      this.#join = this.#plan.open(transaction);
      const given = this.#plan.given(transaction);
      this.#givenBuild = given.build;
      this.#givenProbe = given.probe;
    } else {
      this.#checkOpen();
    }
  }

  /** Fetches the next batch. Returns false if there are no more pairs. */
  #fill(): boolean {
    const transaction = this.#transaction as OpenRead;
    const build = this.#lease(this.#givenBuild, this.#plan.build.collection);
    const probe = this.#lease(this.#givenProbe, this.#plan.probe.collection);
    // The leases get the table before the native call, as in OpenRead.nextBatch.
    build.table = probe.table = currentTable();
    let count = native.joinNext(this.#join, build, probe, this.#rows, !transaction.lends);
    if (count === NEEDS_TABLE) {
      renewTable();
      build.table = probe.table = currentTable();
      count = native.joinNext(this.#join, build, probe, this.#rows, !transaction.lends);
    }
    if (count === PRIVATE_ROW) {
      count = this.#take(build.views, probe.views);
    } else if (count > 0) {
      aimBoth(probe, build, count, transaction);
      this.#build = build;
      this.#probe = probe;
    }
    this.#end = count * 4;
    this.#rows = this.#rows * 4 < MOST_ROWS ? this.#rows * 4 : MOST_ROWS;
    return count > 0;
  }

  /** A lease for the next batch of a side. For a given side it is only a place for the indices, and lends nothing. */
  #lease(given: GivenSide | undefined, collection: OpenCollection): Lease {
    if (given !== undefined) return new Lease(NO_VIEWS, undefined, false);
    const transaction = this.#transaction as OpenRead;
    return transaction.lend(collection.viewsIn(transaction));
  }

  /** Fetches a batch as private copies. Returns how many rows it has. */
  #take(buildViews: Views, probeViews: Views): number {
    const rows = control[CONTROL_ROWS] as number;
    const buildMemory = allocate(control[CONTROL_KEY_LENGTH] as number);
    const probeMemory = allocate(control[CONTROL_VALUE_LENGTH] as number);
    native.joinTake(this.#join, rows, buildMemory, probeMemory);
    this.#build = Lease.copied(buildViews, buildMemory, rows);
    this.#probe = Lease.copied(probeViews, probeMemory, rows);
    return rows;
  }

  #close(): void {
    if (this.#done) return;
    this.#done = true;
    this.#end = NO_BATCH;
    const own = this.#own;
    if (own !== undefined && own.nextEnding === null) {
      own.nextEnding = own.environment.ending;
      own.environment.ending = own;
    }
    // The end of a transaction closes its native joins.
    if (this.#join !== -1 && this.#transaction?.open === true) native.joinClose(this.#join);
    this.#givenBuild?.close();
    this.#givenProbe?.close();
    own?.end();
  }
}

/** Whether a row stands for an entry. A row that stands for none has only zeros; that of an empty key has a place. */
function isEntry({ table, base }: Lease, at: number): boolean {
  return table[base + at + 1] !== 0 || table[base + at] !== 0;
}

/** Aims the leases of a batch that native code has just filled. */
function aimBoth(probe: Lease, build: Lease, rows: number, transaction: OpenRead): void {
  const { windows } = transaction.environment;
  probe.aim(currentTable(), windows);
  control[CONTROL_BASE] = (control[CONTROL_BASE] as number) + rows * 4;
  control[CONTROL_KEY_WINDOW] = control[CONTROL_OTHER_KEY_WINDOW] as number;
  control[CONTROL_VALUE_WINDOW] = control[CONTROL_OTHER_VALUE_WINDOW] as number;
  control[CONTROL_KEY_EXTENT] = control[CONTROL_OTHER_KEY_EXTENT] as number;
  control[CONTROL_VALUE_EXTENT] = control[CONTROL_OTHER_VALUE_EXTENT] as number;
  build.aim(currentTable(), windows);
}
