import { inspectAs } from '../../base/inspect.ts';
import { PrimordialUint32Array, typedArrayLength } from '../../base/primordials.ts';
import { Lease, NO_ROWS, NO_VIEWS, ROW_NUMBERS } from '../../lease/lease.ts';
import { ONLY_VALUE } from '../../lease/sink.ts';
import type { EngineRow, RowBatch } from '../../versions/engine/engine.ts';
import type { StoreCodecs } from '../store-codecs.ts';
import { type StoreEntry, versionBefore } from './store-entry.ts';

/** Takes one entry after the other. Returns whether it wants the next one. */
type Show = (entry: StoreEntry<unknown, unknown>) => boolean;

let setVersion: (entry: ScanStoreEntry, version: number) => void;

/** The entry that a scan passes to its function: the same object for each row of a batch. Its key and value also stay the same objects, if they are sinks. */
class ScanStoreEntry implements StoreEntry<unknown, unknown> {
  readonly #lease: Lease;
  readonly #codecs: StoreCodecs;
  /** Made at the first use. From then on they read the row at which the lease is aimed. */
  #key: unknown;
  #value: unknown;
  /** Undefined: it stands before the value. */
  #version: number | undefined;

  constructor(lease: Lease, codecs: StoreCodecs) {
    this.#lease = lease;
    this.#codecs = codecs;
  }

  get key(): unknown {
    return this.#key ?? this.#readKey();
  }

  get value(): unknown {
    return this.#value ?? this.#readValue();
  }

  get version(): number {
    return this.#version ?? versionBefore(this.#lease, 0);
  }

  #readKey(): unknown {
    const { key } = this.#codecs;
    const view = key.view(this.#lease, 0);
    if (key.aims) this.#key = view;
    return view;
  }

  #readValue(): unknown {
    const { value } = this.#codecs;
    const view = value.view(this.#lease, ONLY_VALUE);
    if (value.aims) this.#value = view;
    return view;
  }

  static {
    setVersion = (entry, version) => {
      entry.#version = version;
    };
    inspectAs(ScanStoreEntry.prototype, ({ key, value, version }) => ({ key, value, version }));
  }
}

/**
 * Shows the rows of a batch from one to another, by one entry that is aimed at each of them. Afterwards nobody can read any row of the batch: memory into which it was
 * received can be received into again. Returns whether `show` wants more.
 */
export function scanBatch(batch: RowBatch, codecs: StoreCodecs, from: number, to: number, show: Show): boolean {
  const { lent } = batch;
  return lent === undefined
    ? scanRows(batch.rows, codecs, from, to, show)
    : scanLent(lent.lease, codecs, from, to, show);
}

function scanLent(received: Lease, codecs: StoreCodecs, from: number, to: number, show: Show): boolean {
  const { base } = received;
  const lease = new Lease(NO_VIEWS, received.source, true);
  lease.aimAtBytes(received.values, received.valueWindow, received.table, base);
  const entry = new ScanStoreEntry(lease, codecs);
  try {
    for (let row = from; row < to; row++) {
      lease.base = base + row * ROW_NUMBERS;
      lease.turn++;
      if (!show(entry)) return false;
    }
    return true;
  } finally {
    end(lease);
    // Only if the entry cannot read any more. If the stack has overflowed before, the memory stays with this lease.
    received.expire();
  }
}

function scanRows(rows: readonly EngineRow[], codecs: StoreCodecs, from: number, to: number, show: Show): boolean {
  const table = new PrimordialUint32Array(ROW_NUMBERS);
  const lease = new Lease(NO_VIEWS, undefined, true);
  lease.state = 'private';
  const entry = new ScanStoreEntry(lease, codecs);
  try {
    for (let row = from; row < to; row++) {
      const { key, tid, bytes } = rows[row] as EngineRow;
      lease.keys = key;
      lease.values = bytes;
      table[1] = typedArrayLength(key);
      table[3] = typedArrayLength(bytes);
      lease.table = table;
      lease.turn++;
      setVersion(entry, tid);
      if (!show(entry)) return false;
    }
    return true;
  } finally {
    end(lease);
  }
}

/** The assignment calls nothing: it works even if the stack has no room for the call after it. */
function end(lease: Lease): void {
  lease.table = NO_ROWS;
  lease.expire();
}
