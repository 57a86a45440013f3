import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../../../lib/index.ts';
import type { ServedStore } from '../../../../lib/server/served-store.ts';
import type { Session } from '../../../../lib/server/session.ts';
import { ModelConnection } from './connection.ts';
import { fill, PART_NAMES, shown, stampsOf } from './contents.ts';
import type { Any, WireLibrary } from './library.ts';

/** What a store had as of a commit: each part, as text, and the stamps of transactions. */
interface Truth {
  readonly parts: ReadonlyMap<string, string>;
  readonly stamps: readonly string[];
}

/** All commits of a store, by their numbers. A store that was restored from a copy has another history. */
export class WireHistory {
  readonly #truths: (Truth | undefined)[];

  constructor(truths: readonly (Truth | undefined)[] = []) {
    this.#truths = [...truths];
  }

  set(tid: number, truth: Truth): void {
    this.#truths[tid] = truth;
  }

  has(tid: number): boolean {
    return this.#truths[tid] !== undefined;
  }

  upTo(tid: number): WireHistory {
    return new WireHistory(this.#truths.slice(0, tid + 1));
  }

  /** A part as of a commit. */
  part(name: string, at: number): string | undefined {
    return this.#truths[at]?.parts.get(name);
  }

  /** The commit of the transaction with a stamp. */
  committedBy(stamp: string): number | undefined {
    const tid = this.#truths.findIndex((truth) => truth?.stamps.includes(stamp) === true);
    return tid < 0 ? undefined : tid;
  }
}

/** A store with its server, whose connections the model makes. After each commit it notes what the store has. */
export class ServedPlace {
  readonly path: string;
  readonly history: WireHistory;
  readonly #lib: WireLibrary;
  readonly #env: Environment;
  readonly #objects: Any;
  readonly #store: ServedStore;
  readonly #sessions = new Set<Session>();

  constructor(lib: WireLibrary, path: string, history: WireHistory) {
    this.#lib = lib;
    this.path = path;
    this.history = history;
    this.#env = lib.open(path, { durability: 'nosync', changes: { count: 12 } });
    this.#objects = lib.openStore(this.#env);
    if (this.#objects.root.map === undefined) this.#objects.write(() => fill(this.#objects.root, lib));
    lib.makeStoreId(this.#env);
    const limits = { ...lib.DEFAULT_LIMITS, heartbeat: 1e9 };
    const nothing = { tokens: undefined, readOnly: false, trace: undefined };
    this.#store = new lib.ServedStore(this.#env, { ...nothing, limits, onError: () => {} } as never);
    const { engine } = this.#store;
    engine.onChange((change) => {
      for (const session of this.#sessions) session.tell(change);
      queueMicrotask(() => this.#store.moved());
    });
    this.#note();
  }

  connect(): ModelConnection {
    const connection = new ModelConnection();
    const session = new this.#lib.Session(this.#store, connection.server, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return connection;
  }

  /** Waits until all commits were told, and notes what the store has. */
  async told(): Promise<void> {
    const { engine } = this.#store;
    while (engine.processed() < engine.newest()) await new Promise((resolve) => setImmediate(resolve));
    this.#note();
  }

  /** Copies the store as it is. Gives its last commit. */
  copyTo(path: string): number {
    cpSync(join(this.path, 'data.mdb'), join(path, 'data.mdb'));
    return this.#store.engine.newest();
  }

  close(): void {
    this.#store.engine.close();
    this.#env.close();
  }

  #note(): void {
    const tid = this.#store.engine.newest();
    if (this.history.has(tid)) return;
    const snapshot = this.#objects.snapshot();
    try {
      const { root } = snapshot;
      const parts = new Map(PART_NAMES.map((name) => [name, shown(root, name)]));
      this.history.set(tid, { parts, stamps: stampsOf(root) });
    } finally {
      snapshot.end();
    }
  }
}
