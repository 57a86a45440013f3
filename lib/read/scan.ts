import { keepHiddenClass } from '../base/hidden-class.ts';
import { inspectAs, tagAs } from '../base/inspect.ts';
import { ENTRY, MARK, type Marked } from '../base/uncloneable.ts';
import { expiresAt, versionAt } from '../lease/header.ts';
import { Lease, NO_LEASE, NO_ROWS } from '../lease/lease.ts';
import { currentTable } from '../lease/row-table.ts';
import { CONTROL_DONE, PRIVATE_ROW, RANGE_REAIMED } from '../native/constants.ts';
import type { Handle } from '../native/handles.ts';
import { control, native } from '../native/native.ts';
import { nextPrivate } from '../transaction/copied-reads.ts';
import { OpenRead } from '../transaction/open-read.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { transactionEnded } from '../transaction/open-write.ts';
import type { Bounds } from './bounds.ts';
import { CopiedRows } from './copied-rows.ts';
import { contentOf, type Entry, inspectEntry } from './entry.ts';
import type { OpenCollection } from './open-collection.ts';
import { stopsScan } from './stops-scan.ts';

/** How many rows a batch has at first and at most. A scan has one lease, so large batches cost it nothing; but a short scan reads little ahead. */
const FIRST_ROWS = 16;
const MOST_ROWS = 1024;

/** The Entry that a scan passes to its function: the same object for every row. Its key and value also stay the same objects, if they are sinks. */
class ScanEntry<K, V> implements Entry<K, V> {
  readonly #lease: Lease;
  /** Made at the first use. From then on they read the row at which the lease is aimed. */
  #key: K | undefined;
  #value: V | undefined;

  constructor(lease: Lease) {
    this.#lease = lease;
    (this as unknown as Marked)[MARK] = ENTRY;
  }

  get key(): K {
    return this.#key ?? this.#readKey();
  }

  get value(): V {
    return this.#value ?? this.#readValue();
  }

  get version(): number | undefined {
    return versionAt(this.#lease, 0);
  }

  get expires(): number | undefined {
    return expiresAt(this.#lease, 0);
  }

  #readKey(): K {
    const key = this.#lease.views.key(this.#lease, 0) as K;
    if (this.#lease.views.aimsKey) this.#key = key;
    return key;
  }

  #readValue(): V {
    const value = this.#lease.views.value(this.#lease, 2) as V;
    if (this.#lease.views.aimsValue) this.#value = value;
    return value;
  }

  toJSON(): { key: K; value: V } {
    return { key: this.key, value: this.value };
  }

  static {
    inspectAs(ScanEntry.prototype, (self) => inspectEntry(self));
    tagAs(ScanEntry.prototype, 'Entry', (self) => contentOf(self.#lease, 0));
  }
}

keepHiddenClass(new ScanEntry(NO_LEASE));

/** Calls `fn` for each entry of a range until it returns false. */
export function scan<K, V>(
  collection: OpenCollection,
  bounds: Bounds,
  fn: (entry: Entry<K, V>) => unknown,
  given: OpenTransaction | undefined,
): void {
  const { environment } = collection;
  const own =
    given === undefined ? new OpenRead(environment, (bounds.onEnd ?? environment.onEnd) === 'invalidate') : undefined;
  const transaction = given ?? (own as OpenRead);
  try {
    const cursor = collection.openCursor(transaction, bounds, RANGE_REAIMED);
    try {
      if (transaction.lends && !transaction.changes) scanLent(collection, transaction as OpenRead, cursor, fn);
      else scanPrivate(collection, transaction, cursor, fn);
    } finally {
      native.rangeClose(cursor);
    }
  } finally {
    if (own !== undefined) {
      own.nextEnding = environment.ending;
      environment.ending = own;
      own.end();
    }
  }
}

/** Scans lent rows. A scan has one lease. Setting the lease's base to a row aims the entry, its key and its value at that row. */
function scanLent<K, V>(
  collection: OpenCollection,
  transaction: OpenRead,
  cursor: Handle,
  fn: (entry: Entry<K, V>) => unknown,
): void {
  const lease = transaction.lend(collection.viewsIn(transaction), true);
  let entry: Entry<K, V> | undefined;
  let rows = FIRST_ROWS;
  try {
    for (;;) {
      const count = transaction.nextBatch(cursor, lease, rows);
      if (count === PRIVATE_ROW) {
        const alone = nextPrivate(cursor, collection.viewsIn(transaction));
        if (alone === undefined || !showAlone(alone, fn)) return;
        continue;
      }
      if (count === 0) return;
      const last = control[CONTROL_DONE] === 1;
      lease.aim(currentTable(), transaction.environment.windows);
      if (entry === undefined) entry = new ScanEntry(lease);
      const base = lease.run;
      for (let row = 0; row < count; row++) {
        if (!transaction.open) throw transactionEnded('while it was being scanned');
        lease.base = base + row * 4;
        lease.turn++;
        const answer = fn(entry);
        if (answer !== undefined && stopsScan(answer)) return;
      }
      if (last) return;
      rows = rows * 8 < MOST_ROWS ? rows * 8 : MOST_ROWS;
    }
  } finally {
    // First, since it calls nothing: it expires the sinks even if the stack has no room for the call after it.
    lease.table = NO_ROWS;
    lease.expire();
  }
}

function scanPrivate<K, V>(
  collection: OpenCollection,
  transaction: OpenTransaction,
  cursor: Handle,
  fn: (entry: Entry<K, V>) => unknown,
): void {
  const rows = new CopiedRows(collection, transaction, cursor, false);
  const aimed = new PrivateScan<K, V>();
  try {
    for (;;) {
      if (!transaction.open) throw transactionEnded('while it was being scanned');
      if (!rows.next() || stopsScan(fn(aimed.at(rows.lease, rows.at)))) return;
    }
  } finally {
    aimed.end();
  }
}

function showAlone<K, V>(found: Lease, fn: (entry: Entry<K, V>) => unknown): boolean {
  const aimed = new PrivateScan<K, V>();
  try {
    return !stopsScan(fn(aimed.at(found, 0)));
  } finally {
    aimed.end();
  }
}

/** One Entry, which shows private copies of entries one after the other. */
class PrivateScan<K, V> {
  #found: Lease | undefined;
  #lease: Lease = NO_LEASE;
  #entry: ScanEntry<K, V> | undefined;

  /** Aims the Entry at a place of a private lease, and returns it. */
  at(found: Lease, at: number): Entry<K, V> {
    if (found === this.#found) {
      this.#lease.base = at;
      this.#lease.turn++;
    } else {
      this.#found = found;
      if (this.#lease.views !== found.views || this.#entry === undefined) {
        this.end();
        this.#lease = new Lease(found.views, undefined, true);
        this.#entry = new ScanEntry(this.#lease);
      }
      this.#lease.aimAt(found, at);
    }
    return this.#entry as Entry<K, V>;
  }

  end(): void {
    if (this.#lease !== NO_LEASE) this.#lease.expire();
  }
}
