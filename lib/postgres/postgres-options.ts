import type { SeenStore } from '../cache/history/seen-store.ts';
import type { Engine, Tid } from '../versions/engine/engine.ts';
import type { SqlAddress, SqlConnection } from './connection/sql-client.ts';
import type { KeptFor } from './trimming.ts';

/** What an engine says when it has found its store. */
export interface PostgresWelcome {
  /** The store, and how often it was said to have another history. */
  readonly storeId: string;
  readonly tid: Tid;
  readonly nonce: string;
  /** Why the commits after the one that was seen cannot be told. */
  readonly reset: 'too-old' | 'other-history' | undefined;
}

export interface PostgresOptions {
  /** The servers of which one is the primary. */
  readonly addresses: readonly SqlAddress[];
  /** Standbys from which to read. */
  readonly replicas: readonly SqlAddress[];
  /** The schema of the store, in the database. */
  readonly schema: string;
  readonly connect: (address: SqlAddress) => Promise<SqlConnection>;
  /** How many ms a request waits for a connection before it fails. */
  readonly timeout: number;
  /**
   * 'inside': a commit is on the disk before anybody sees it. 'shared': others may see it a moment earlier; many commits share one wait for the disk.
   */
  readonly flush: 'inside' | 'shared';
  readonly keptFor: KeptFor;
  readonly onState: (state: 'connected' | 'disconnected') => void;
  /** What a cache was told: the commits after that are told first. */
  readonly seen?: SeenStore | undefined;
  /** Called once, before a commit is told. */
  readonly welcomed?: (engine: Engine, welcome: PostgresWelcome) => void;
}
