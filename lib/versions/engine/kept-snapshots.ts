import { now } from '../../base/clock.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { appendBare, bareArray } from '../../base/primordials.ts';
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
  /** A program that has replaced methods of arrays must not get them: from a snapshot the way leads to the memory of the environment. */
  #snapshots: EngineSnapshot[] = bareArray<EngineSnapshot>();

  constructor(environment: EnvironmentState, { held = 64, count = 32, age = 10_000 }: SnapshotLimits) {
    this.#environment = environment;
    this.#held = held;
    this.#count = count;
    this.#age = age;
    appendBare(this.#snapshots, new EngineSnapshot(environment));
  }

  get newest(): EngineSnapshot {
    return this.#snapshots[this.#snapshots.length - 1] as EngineSnapshot;
  }

  /** Begins a snapshot of the newest version. If it has no new commits, it replaces the newest one, unless that is held. */
  renew(): EngineSnapshot {
    const { newest } = this;
    const snapshot = this.#begin();
    if (snapshot.tid === newest.tid && newest.holds === 0) {
      this.#snapshots.length--;
      newest.end();
    }
    snapshot.usedAt = now();
    appendBare(this.#snapshots, snapshot);
    return snapshot;
  }

  /** The oldest snapshot that has a commit, and the newest one that has not; undefined if that one is gone. */
  around(at: Tid): { above: EngineSnapshot; below: EngineSnapshot | undefined } {
    let index = 0;
    while ((this.#snapshots[index]?.tid ?? at) < at) index++;
    const above = this.#snapshots[index] as EngineSnapshot;
    const below = this.#snapshots[index - 1];
    above.usedAt = now();
    if (below !== undefined) below.usedAt = above.usedAt;
    return { above, below };
  }

  /** Keeps a snapshot until the function that it returns is called; undefined if too many others are held. */
  hold(snapshot: EngineSnapshot): (() => void) | undefined {
    if (snapshot.holds === 0 && this.#heldCount() >= this.#held) return undefined;
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
    let spare = this.#snapshots.length - this.#heldCount() - 1 - this.#count;
    this.#endThose((snapshot) => {
      if (snapshot.holds > 0) return false;
      return spare-- > 0 || snapshot.usedAt < oldest;
    });
  }

  endAll(): void {
    for (let i = 0; i < this.#snapshots.length; i++) this.#snapshots[i]?.end();
  }

  #heldCount(): number {
    let held = 0;
    for (let i = 0; i < this.#snapshots.length; i++) if ((this.#snapshots[i]?.holds ?? 0) > 0) held++;
    return held;
  }

  /** Ends those that are not held and for which `isDue` is true, but not the newest one. */
  #endThose(isDue: (snapshot: EngineSnapshot) => boolean): void {
    const { newest } = this;
    const left = bareArray<EngineSnapshot>();
    for (let i = 0; i < this.#snapshots.length; i++) {
      const snapshot = this.#snapshots[i] as EngineSnapshot;
      if (snapshot === newest || !isDue(snapshot)) appendBare(left, snapshot);
      else snapshot.end();
    }
    this.#snapshots = left;
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
