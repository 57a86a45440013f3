import { OwnMap } from '../../base/own-map.ts';
import type { StateKey } from '../../versions/engine/engine.ts';
import type { Definition } from '../model.ts';
import { nameOf, type StateName } from './known-states.ts';
import type { KeyRange } from './spans.ts';

/** A range that was asked for and is not here. */
export interface MissedRange extends KeyRange {
  readonly reverse: boolean;
  /** How many rows were wanted. */
  readonly most: number;
}

/** What code has asked for and is not here: it is fetched before the code runs again. */
export class Misses {
  readonly states: OwnMap<StateName, StateKey> = new OwnMap();
  readonly ranges: MissedRange[] = [];
  /** Classes of the program that have no number yet. */
  readonly classes: Definition[] = [];
  /** Whether a record is of a class that was added since the classes were read. */
  hasUnknownClass = false;
  /** How many ids for new objects there were too few. */
  ids = 0;
  readonly #notes: boolean;

  /** `notes`: false where nobody will fetch it. */
  constructor(notes: boolean = true) {
    this.#notes = notes;
  }

  get isEmpty(): boolean {
    return (
      this.states.size === 0 &&
      this.ranges.length === 0 &&
      this.classes.length === 0 &&
      !this.hasUnknownClass &&
      this.ids === 0
    );
  }

  addState(collection: string, key: Uint8Array): void {
    if (this.#notes) this.states.set(nameOf(collection, key), { collection, key });
  }

  addRange(range: MissedRange): void {
    if (this.#notes) this.ranges.push(range);
  }

  addClass(definition: Definition): void {
    if (!this.classes.includes(definition)) this.classes.push(definition);
  }
}
