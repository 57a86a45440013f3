import { now } from '../../base/clock.ts';
import { LeaseholdError } from '../../base/errors.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import type { Tid } from './engine.ts';
import { EngineSnapshot } from './snapshot.ts';

/** Limits of the snapshots that are kept. */
export interface SnapshotLimits {
  /** How many at most are held: each takes a reader slot of the database, of which other programs need some. Default 64. */
  readonly held?: number;
  /** How many, though nobody holds them. Default 32. */
  readonly count?: number;
  /** For how many ms after their last use. Default 10,000. */
  readonly age?: number;
}

/**
 * The snapshots of the last commits, oldest first: readers of a commit that was the newest one a moment ago need them. The newest one and those
 * that are held stay. The others go when there are too many, or when nobody has used them for long: as long as a snapshot is there, its pages cannot be used again.
 */
export class KeptSnapshots {
  readonly #environment: EnvironmentState;
  readonly #held: number;
  readonly #count: number;
  readonly #age: number;
  #snapshots: EngineSnapshot[];

  constructor(environment: EnvironmentState, { held = 64, count = 32, age = 10_000 }: SnapshotLimits) {
    this.#environment = environment;
    this.#held = held;
    this.#count = count;
    this.#age = age;
    this.#snapshots = [new EngineSnapshot(environment)];
  }

  get newest(): EngineSnapshot {
    return this.#snapshots.at(-1) as EngineSnapshot;
  }

  /** Begins a snapshot of the newest version. If it has no new commits, it replaces the newest one, unless that is held. */
  renew(): EngineSnapshot {
    const { newest } = this;
    const snapshot = this.#begin();
    if (snapshot.tid === newest.tid && newest.holds === 0) {
      this.#snapshots.pop();
      newest.end();
    }
    snapshot.usedAt = now();
    this.#snapshots.push(snapshot);
    return snapshot;
  }

  /** The oldest snapshot that has a commit, and the newest one that has not; undefined if that one is gone. */
  around(at: Tid): { above: EngineSnapshot; below: EngineSnapshot | undefined } {
    const index = this.#snapshots.findIndex(({ tid }) => tid >= at);
    const above = this.#snapshots[index] as EngineSnapshot;
    const below = this.#snapshots[index - 1];
    above.usedAt = now();
    if (below !== undefined) below.usedAt = above.usedAt;
    return { above, below };
  }

  /** Keeps a snapshot until the function that it returns is called; undefined if too many others are held. */
  hold(snapshot: EngineSnapshot): (() => void) | undefined {
    if (snapshot.holds === 0 && this.#snapshots.filter(({ holds }) => holds > 0).length >= this.#held) return undefined;
    snapshot.holds++;
    let isHeld = true;
    return () => {
      if (isHeld) snapshot.holds--;
      isHeld = false;
    };
  }

  /** Ends those that nobody needs. */
  trim(): void {
    const oldest = now() - this.#age;
    let spare = this.#snapshots.filter(({ holds }) => holds === 0).length - 1 - this.#count;
    this.#endThose((snapshot) => {
      if (snapshot.holds > 0) return false;
      return spare-- > 0 || snapshot.usedAt < oldest;
    });
  }

  endAll(): void {
    for (const snapshot of this.#snapshots) snapshot.end();
  }

  /** Ends those that are not held and for which `isDue` is true, but not the newest one. */
  #endThose(isDue: (snapshot: EngineSnapshot) => boolean): void {
    const { newest } = this;
    this.#snapshots = this.#snapshots.filter((snapshot) => {
      if (snapshot === newest || !isDue(snapshot)) return true;
      snapshot.end();
      return false;
    });
  }

  /** If there is no room for another snapshot, makes room: those that are only kept go. */
  #begin(): EngineSnapshot {
    try {
      return new EngineSnapshot(this.#environment);
    } catch (error) {
      if (!(error instanceof LeaseholdError)) throw error;
      this.#endThose(({ holds }) => holds === 0);
      return new EngineSnapshot(this.#environment);
    }
  }
}
